{{- /* What the schema cannot say clearly: each wrong combination ends with one sentence and what to set instead. */ -}}
{{- define "janitor.checks" -}}
{{- $ledger := .Values.ledger -}}
{{- $isPostgres := eq $ledger.kind "postgresql" -}}
{{- if and (gt (int .Values.service.replicas) 1) (not $isPostgres) -}}
{{- fail (printf "service.replicas is %d, but a SQLite ledger lies on one volume, for one replica: set service.replicas=1, or ledger.kind=postgresql" (int .Values.service.replicas)) -}}
{{- end -}}
{{- if and (gt (int .Values.cronjob.shards) 1) (not $isPostgres) -}}
{{- fail (printf "cronjob.shards is %d, but a SQLite ledger lies on one volume, on one machine: set cronjob.shards=1, or ledger.kind=postgresql" (int .Values.cronjob.shards)) -}}
{{- end -}}
{{- if not .Values.credentials.existingSecret -}}
{{- fail "credentials.existingSecret is empty: name the Secret that has access_key and secret_key (kubectl create secret generic NAME --from-file=access_key --from-file=secret_key)" -}}
{{- end -}}
{{- if and $isPostgres (not $ledger.postgresql.passwordSecret) -}}
{{- fail "ledger.postgresql.passwordSecret is empty: name the Secret that has the password of the database (kubectl create secret generic NAME --from-file=password)" -}}
{{- end -}}
{{- if and $isPostgres $ledger.sqlite.existingClaim -}}
{{- fail "ledger.sqlite.existingClaim is set, but ledger.kind is postgresql, which needs no volume: take one of them out" -}}
{{- end -}}
{{- if eq (empty .Values.policy.text) (empty .Values.policy.existingConfigMap) -}}
{{- fail "set exactly one of policy.text (--set-file policy.text=janitor.yaml) and policy.existingConfigMap" -}}
{{- end -}}
{{- if .Values.policy.text -}}
{{- include "janitor.policyChecks" . -}}
{{- end -}}
{{- end }}

{{- /* That the policy file means the very ledger that the pods are given: otherwise they would only fail, or write to nowhere. */ -}}
{{- define "janitor.policyChecks" -}}
{{- $file := fromYaml .Values.policy.text -}}
{{- if hasKey $file "Error" -}}
{{- fail (printf "policy.text is not YAML: %s" $file.Error) -}}
{{- end -}}
{{- $ledger := $file.ledger | default dict -}}
{{- if not (kindIs "map" $ledger) -}}
{{- fail "policy.text has a ledger that is no mapping: run `janitor check` on the file" -}}
{{- end -}}
{{- if eq .Values.ledger.kind "sqlite" -}}
{{- if not (hasPrefix "/var/lib/janitor/" (toString $ledger.path)) -}}
{{- fail "ledger.kind is sqlite, so the policy file must say ledger: {path: /var/lib/janitor/ledger.db, create: false}: the volume is there" -}}
{{- end -}}
{{- else -}}
{{- if not (hasPrefix "postgresql+psycopg://" (toString $ledger.url)) -}}
{{- fail "ledger.kind is postgresql, so the policy file must say ledger: {url: postgresql+psycopg://USER@HOST/DATABASE, password: {file: /run/secrets/janitor-ledger/password}}" -}}
{{- end -}}
{{- if regexMatch "://[^@/]*:[^@/]*@" $ledger.url -}}
{{- fail "the policy file has a password in ledger.url, where everybody can read it: put it into the Secret, and say password: {file: /run/secrets/janitor-ledger/password}" -}}
{{- end -}}
{{- if ne (dig "password" "file" "" $ledger) "/run/secrets/janitor-ledger/password" -}}
{{- fail "the policy file must say ledger: {…, password: {file: /run/secrets/janitor-ledger/password}}: the Secret is seen there" -}}
{{- end -}}
{{- end -}}
{{- if $ledger.create | default (not (hasKey $ledger "create")) -}}
{{- fail "the policy file must say ledger: {…, create: false}: mode=init creates it, once, and a lost one is an error, never a fresh start" -}}
{{- end -}}
{{- end }}
