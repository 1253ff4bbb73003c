"""Owns what each field of the policy file means, in one plain sentence: editors show it beside the field."""

MEANINGS: dict[str, dict[str, str]] = {
    "PolicyFile": {
        "version": "The version of this format.",
        "ledger": "The audit log: every decision and deletion is recorded in it before and after it happens.",
        "schedule": "When `janitor serve` sweeps each target; a target's own schedule replaces this one as a whole.",
        "timezone": "The time zone of every cron expression that names none itself.",
        "pace": "How many deletions each target may take; the oldest jobs go first, and the rest waits.",
        "limits": "What no plan of a target may exceed.",
        "confirm_within": "How long a sweep waits for its deletions to be proven; the next sweep looks after the rest.",
        "quiet_period": "How long a delete request whose reply was lost may still be applied by the platform.",
        "target_defaults": "What every target takes that says nothing else.",
        "targets": "The places to sweep.",
        "policies": "Which jobs expire, and when; a job that no policy selects is kept.",
        "holds": "Pins that beat every policy.",
    },
    "LedgerSection": {
        "path": "The file of the ledger, from the folder of this file; back it up.",
        "create": "Whether a missing ledger is created; with false a missing one is an error.",
    },
    "PaceSection": {
        "per_sweep": "The most deletions in one sweep; 0 means none.",
        "per_day": "The most deletions in any 24 hours, across restarts; 0 means none.",
    },
    "LimitsSection": {
        "max_share": "A plan of more than 10 jobs that takes more than this share of the finished jobs listed is refused whole.",
        "min_age": "Nothing is deleted that finished less than this ago.",
    },
    "RateSection": {
        "requests_per_second": "The most requests a second to the platform.",
        "concurrency": "The most requests under way at once.",
    },
    "ScheduleSection": {
        "cron": "Minute, hour, day of the month, month, day of the week; one of the two days stays a star.",
        "every": "The time from one sweep to the next.",
        "jitter": "Each fire is put off by a random part of this, so that many daemons do not start at the same second.",
        "timezone": "The time zone of the cron expression.",
    },
    "TargetDefaultsSection": {"rate": "How fast the platform is asked."},
    "SecretSection": {
        "env": "The environment variable that holds the secret.",
        "file": "The file that holds the secret, from the folder of this file.",
    },
    "CredentialsSection": {
        "access_key": "Where the access key is read from; the key itself never stands here.",
        "secret_key": "Where the secret key is read from; the key itself never stands here.",
        "security_token": "Where the token of a temporary key is read from.",
        "domain": "The domain, or account, of the user who logs in with a password.",
        "user": "The user who logs in with a password.",
        "password": "Where the password is read from; the password itself never stands here.",
        "agency": "Whose keys are used: ecs is the agency of the cloud server that janitor runs on.",
        "profile": "The section of ~/.huaweicloud/credentials whose key is used.",
    },
    "TargetSection": {
        "name": "Your name for this place, in reports and in the audit log.",
        "mode": "Whether expired jobs are deleted here, or only shown.",
        "backend": "The platform.",
        "api": "The generation of jobs: v2, with UUIDs, or v1, with whole numbers and versions.",
        "endpoint": "The address of the platform; plain http for this machine only.",
        "iam_endpoint": "The address of the identity service, where it cannot be derived from the endpoint.",
        "region": "The region, for your eyes.",
        "project_id": "The id of the project whose jobs are swept.",
        "project_name": "The name that the project must have; it is compared with the platform's before anything is deleted.",
        "workspaces": "The ids of the workspaces that are swept, or the word all.",
        "credentials": "How to log in: by a key, by a password, by the agency of this cloud server, or by a profile.",
        "schedule": "When this target is swept, instead of the general schedule.",
        "rate": "How fast the platform is asked here.",
        "pace": "How many deletions this target may take; what is left out is as for all targets.",
        "limits": "What no plan of this target may exceed; what is left out is as for all targets.",
        "proxy": "The proxy through which the platform is reached.",
        "ca_file": "The certificates to trust, as a file in PEM format, from the folder of this file.",
    },
    "SelectorSection": {
        "phase": "How the job ended.",
        "name": "A glob for the whole name of the job: * and ? only, case-sensitive.",
        "owner": "Who created the job, as the platform names them.",
        "kind": "The kind of the job.",
        "workspace": "The id of the job's workspace.",
        "labels": "The job's tags: each key with its value, a list of which any may fit, or null for any value.",
    },
    "MatchSection": {
        "phase": "How the job ended; where this is left out: completed, failed and terminated.",
        "name": "A glob for the whole name of the job: * and ? only, case-sensitive, with a character of the name's own.",
        "kind": "The kind of the job; where this is left out: job.",
    },
    "ExpireSection": {
        "after": "The age at which a job expires; below limits.min_age it is refused.",
        "since": "The time from which the age counts.",
    },
    "PolicySection": {
        "name": "Your name for this policy, in reports and in the audit log.",
        "description": "Why this policy is there, for people.",
        "mode": "Whether jobs that this policy selects are deleted, or only shown.",
        "targets": "The targets that it governs; where this is left out: all of them.",
        "match": "Which jobs it governs: all of these must fit, and a list is any of its values.",
        "except": "Which of them it keeps anyway: any of these that fits keeps the job.",
        "expire": "When the others expire.",
        "fallback": "Whether it is asked only about jobs that no other policy selects.",
    },
    "HoldSection": {
        "name": "Your name for this hold, in reports and in the audit log.",
        "match": "Which jobs it holds: all of these must fit, and a list is any of its values.",
        "reason": "Why these jobs stay, on one line.",
        "until": "The last day of the hold, to its end in UTC; where this is left out it has no end.",
        "owner": "Who asked for the hold.",
        "targets": "The targets that it is for; where this is left out: all of them.",
    },
}


def meaning_of(sections: tuple[str, ...], word: str) -> str:
    """The sentence for a field of a section, or of one that it extends; raises KeyError where there is none."""
    return next(MEANINGS[name][word] for name in sections if word in MEANINGS.get(name, {}))
