{{- define "janitor.name" -}}
{{- if contains "janitor" .Release.Name }}{{ .Release.Name }}{{ else }}{{ printf "%s-janitor" .Release.Name }}{{ end -}}
{{- end }}

{{- define "janitor.labels" -}}
app.kubernetes.io/name: janitor
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "janitor.selector" -}}
app.kubernetes.io/name: janitor
app.kubernetes.io/instance: {{ .Release.Name }}
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
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" (urlParse .).host) | default (eq (urlParse .).scheme "https" | ternary "443" "80") -}}
{{- end }}
