{{- /* A pod of janitor: `root`, `component`, `container` (what it starts, as YAML), and for a Job `restartPolicy`; `env` has more variables. */ -}}
{{- define "janitor.pod" -}}
{{- $values := .root.Values -}}
{{- $isSqlite := eq $values.ledger.kind "sqlite" -}}
metadata:
  labels:
    {{- include "janitor.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
  {{- with $values.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .restartPolicy }}
  restartPolicy: {{ . }}
  {{- end }}
  serviceAccountName: {{ include "janitor.name" .root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .grace | default $values.terminationGracePeriodSeconds }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- if $isSqlite }}
  affinity:
    podAffinity:                    # the volume is attached to one node at a time: all pods go where the first one is
      requiredDuringSchedulingIgnoredDuringExecution:
        - topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "janitor.selector" .root | nindent 14 }}
  {{- else }}
  topologySpreadConstraints:        # one machine that dies takes one replica with it
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "janitor.selector" .root | nindent 10 }}
          app.kubernetes.io/component: {{ .component }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: janitor
      image: {{ include "janitor.image" .root | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      {{- .container | trim | nindent 6 }}
      env:
        - {name: JANITOR_CONFIG, value: /etc/janitor/janitor.yaml}
        - {name: JANITOR_LOG, value: json}
        {{- range $name, $value := .env }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
      resources: {{- toYaml $values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: policy, mountPath: /etc/janitor, readOnly: true}
        - {name: credentials, mountPath: /run/secrets/janitor, readOnly: true}
        {{- if $isSqlite }}
        - {name: ledger, mountPath: /var/lib/janitor}
        {{- else }}
        - {name: ledger-password, mountPath: /run/secrets/janitor-ledger, readOnly: true}
        {{- end }}
        {{- range $index, $secret := $values.extraSecrets }}
        - {name: secret-{{ $index }}, mountPath: {{ $secret.mountPath | quote }}, readOnly: true}
        {{- end }}
        - {name: tmp, mountPath: /tmp}
  volumes:                          # 288 is 0440, which not every reader of YAML takes for an octal number
    - {name: policy, configMap: {name: {{ include "janitor.policyName" .root | quote }}}}
    - {name: credentials, secret: {secretName: {{ $values.credentials.existingSecret | quote }}, defaultMode: 288}}
    {{- if $isSqlite }}
    - {name: ledger, persistentVolumeClaim: {claimName: {{ include "janitor.claimName" .root | quote }}}}
    {{- else }}
    - {name: ledger-password, secret: {secretName: {{ $values.ledger.postgresql.passwordSecret | quote }}, defaultMode: 288}}
    {{- end }}
    {{- range $index, $secret := $values.extraSecrets }}
    - {name: secret-{{ $index }}, secret: {secretName: {{ $secret.name | quote }}, defaultMode: 288}}
    {{- end }}
    - {name: tmp, emptyDir: {sizeLimit: 16Mi}}
{{- end }}
