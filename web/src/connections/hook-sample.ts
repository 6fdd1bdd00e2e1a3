/** How one sends a webhook a call by hand, for a terminal. */
interface HookSettings {
  scheme: 'standard' | 'hmac'
  signature_header: string
  algorithm: string
  encoding: 'hex' | 'base64'
  id_header: string
}

const DEFAULTS: HookSettings = {
  scheme: 'standard',
  signature_header: 'X-Signature',
  algorithm: 'sha256',
  encoding: 'hex',
  id_header: '',
}

const BODY = `{"type":"test","message":"hello"}`

/** The secret is read from the shell's variable, so that it stands in no history. */
export function hookSample(url: string, data: Record<string, unknown>): string {
  // The hub's own answer has these by its schema.
  const settings = { ...DEFAULTS, ...data } as HookSettings
  const lines = settings.scheme === 'standard' ? standard() : plain(settings)
  const [sign, ...headers] = lines
  return [
    `BODY='${BODY}'`,
    sign,
    [
      `curl -X POST '${url}'`,
      `  -H 'Content-Type: application/json'`,
      ...headers.map((header) => `  -H "${header}"`),
      `  -d "$BODY"`,
    ].join(' \\\n'),
  ].join('\n')
}

function standard(): string[] {
  return [
    [
      'ID="msg_$(date +%s%N)"; AT="$(date +%s)"',
      `KEY="$(printf %s "\${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')"`,
      'SIGN="$(printf %s "$ID.$AT.$BODY" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)"',
    ].join('\n'),
    'webhook-id: $ID',
    'webhook-timestamp: $AT',
    'webhook-signature: v1,$SIGN',
  ]
}

function plain({ signature_header, algorithm, encoding, id_header }: HookSettings): string[] {
  const written = encoding === 'hex' ? `-hex | sed 's/.* //'` : '-binary | base64 | tr -d "\\n"'
  return [
    `SIGN="$(printf %s "$BODY" | openssl dgst -${algorithm} -hmac "$SECRET" ${written})"`,
    `${signature_header}: $SIGN`,
    ...(id_header === '' ? [] : [`${id_header}: test-$(date +%s)`]),
  ]
}
