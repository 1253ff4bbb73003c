{{- define "janitor.name" -}}
{{- if contains "janitor" .Release.Name }}{{ .Release.Name }}{{ else }}{{ printf "%s-janitor" .Release.Name }}{{ end -}}
{{- end }}

{{- /* The name, so short that a suffix fits in: Kubernetes takes 63 characters of a Job's, 52 of a CronJob's, and fewer of one in shards,
       whose pods add their index. What is cut off is told apart by a hash. */ -}}
{{- define "janitor.shortName" -}}
{{- $name := include "janitor.name" .root -}}
{{- if gt (len $name) .most -}}
{{- printf "%s-%s" ($name | trunc (int (sub .most 9)) | trimSuffix "-") (sha256sum $name | trunc 8) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end }}

{{- define "janitor.initName" -}}
{{ include "janitor.shortName" (dict "root" . "most" 51) }}-ledger-init
{{- end }}

{{- define "janitor.labels" -}}
app.kubernetes.io/name: janitor
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "janitor.selector" -}}
app.kubernetes.io/name: janitor
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "janitor.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ printf "%s@%s" .repository .digest }}{{ else }}{{ printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) }}{{ end }}
{{- end }}
{{- end }}

{{- define "janitor.policyName" -}}
{{ .Values.policy.existingConfigMap | default (printf "%s-policy" (include "janitor.name" .)) }}
{{- end }}

{{- define "janitor.claimName" -}}
{{ .Values.ledger.sqlite.existingClaim | default (printf "%s-ledger" (include "janitor.name" .)) }}
{{- end }}

{{- /* The port of an address: the one it names, else that of its scheme. */ -}}
{{- define "janitor.port" -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" (urlParse .).host) | default (eq (urlParse .).scheme "https" | ternary "443" "80") | atoi -}}
{{- end }}
