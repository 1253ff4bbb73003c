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
{{- if not (regexMatch "^[a-z][-a-z0-9]*$" .Release.Name) -}}
{{- fail (printf "the release is named %s, by which no Service of Kubernetes can be called: let its name begin with a letter, and have letters, digits and hyphens only" .Release.Name) -}}
{{- end -}}
{{- range $key := list "pushgateway" "traces" -}}
{{- with get $.Values $key -}}
{{- $port := include "janitor.port" . | atoi -}}
{{- if or (lt $port 1) (gt $port 65535) -}}
{{- fail (printf "%s names a port that is none: write one from 1 to 65535, as in http://HOST:9091" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $paths := dict -}}
{{- range .Values.extraSecrets -}}
{{- if hasKey $paths .mountPath -}}
{{- fail (printf "extraSecrets mounts two Secrets at %s: give each a path of its own" .mountPath) -}}
{{- end -}}
{{- $_ := set $paths .mountPath true -}}
{{- end -}}
{{- if and .Values.console.enabled .Values.networkPolicy.enabled (not .Values.networkPolicy.consoleFrom) -}}
{{- fail "console.enabled is true, but networkPolicy.consoleFrom is empty: name who may reach it, such as [{podSelector: {matchLabels: {app: ingress}}}]; the pages show owners and names of jobs" -}}
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
{{- $console := kindIs "map" $file.console | ternary $file.console dict -}}
{{- $port := int .Values.console.port -}}
{{- if and .Values.console.enabled (not (has $console.listen (list (printf "0.0.0.0:%d" $port) (printf "[::]:%d" $port)))) -}}
{{- fail (printf "console.enabled is true, so the policy file must say console: {listen: 0.0.0.0:%d, hosts: …, tokens: …}: nobody reaches another address of a pod" $port) -}}
{{- end -}}
{{- $ledger := $file.ledger | default dict -}}
{{- if not (kindIs "map" $ledger) -}}
{{- fail "policy.text has a ledger that is no mapping: run `janitor check` on the file" -}}
{{- end -}}
{{- if eq .Values.ledger.kind "sqlite" -}}
{{- if or (hasKey $ledger "url") (not (hasPrefix "/var/lib/janitor/" (toString $ledger.path | clean))) -}}
{{- fail "ledger.kind is sqlite, so the policy file must say ledger: {path: /var/lib/janitor/ledger.db, create: false}: the volume is there" -}}
{{- end -}}
{{- else -}}
{{- include "janitor.serverChecks" (dict "ledger" $ledger "Values" .Values) -}}
{{- end -}}
{{- if hasKey $ledger "head" -}}
{{- fail "the policy file says ledger: {…, head: …}, but in a pod no folder outside the database can be written and lasts: take it out, and a table anchors the chain" -}}
{{- end -}}
{{- if or (not (kindIs "bool" $ledger.create)) $ledger.create -}}
{{- fail "the policy file must say ledger: {…, create: false}: mode=init creates it, once, and a lost one is an error, never a fresh start" -}}
{{- end -}}
{{- end }}

{{- /* That the pods reach that database, and nobody reads its password in a ConfigMap: of an address only what is sure to be none may pass. */ -}}
{{- define "janitor.serverChecks" -}}
{{- $url := toString .ledger.url -}}
{{- if not (hasPrefix "postgresql+psycopg://" $url) -}}
{{- fail "ledger.kind is postgresql, so the policy file must say ledger: {url: postgresql+psycopg://USER@HOST/DATABASE, password: {file: /run/secrets/janitor-ledger/password}}" -}}
{{- end -}}
{{- if or (regexMatch "://[^@]*:[^@]*@" $url) (regexMatch "(?i)pass" (regexFind "[?].*" $url)) -}}
{{- fail "the policy file has a password in ledger.url, where everybody can read it: put it into the Secret, and say password: {file: /run/secrets/janitor-ledger/password}" -}}
{{- end -}}
{{- if not (regexMatch "^[^@]+://[A-Za-z0-9_.~%-]+@([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?/[A-Za-z0-9_.~%-]+([?&](sslmode|sslrootcert|sslcert|sslkey|target_session_attrs|channel_binding)=[^@&?]+)*$" $url) -}}
{{- fail "the policy file must say where the database is as ledger: {url: postgresql+psycopg://USER@HOST:PORT/DATABASE}, perhaps with sslmode, sslrootcert, sslcert, sslkey, target_session_attrs or channel_binding behind it: no socket is mounted" -}}
{{- end -}}
{{- $port := regexReplaceAll "^[^/]*//[^/]*?(:([0-9]+))?/.*$" $url "${2}" | default "5432" | atoi -}}
{{- $out := int .Values.ledger.postgresql.port -}}
{{- if and .Values.networkPolicy.enabled (ne $port $out) -}}
{{- fail (printf "the policy file has port %d in ledger.url, but the NetworkPolicy lets out ledger.postgresql.port, which is %d: let both be the same" $port $out) -}}
{{- end -}}
{{- $password := kindIs "map" .ledger.password | ternary .ledger.password dict -}}
{{- if ne (toString $password.file) "/run/secrets/janitor-ledger/password" -}}
{{- fail "the policy file must say ledger: {…, password: {file: /run/secrets/janitor-ledger/password}}: the Secret is seen there" -}}
{{- end -}}
{{- end }}
