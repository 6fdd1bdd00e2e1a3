const SECRET = /password|secret|token/i

/** The request as a curl line. Secrets become an ellipsis: they are never written out. */
export function curlSample(method: string, url: string, body: unknown): string {
  const lines = [
    `curl -X ${method} ${quoted(url)}`,
    `  -H "Authorization: Bearer $CROSSTIE_TOKEN"`,
    `  -H 'Content-Type: application/json'`,
    `  -d ${quoted(JSON.stringify(masked(body), null, 2))}`,
  ]
  return lines.join(' \\\n')
}

/** The request that reads a thing, as a curl line. */
export function readSample(url: string): string {
  return `curl -H "Authorization: Bearer $CROSSTIE_TOKEN" \\\n  ${quoted(url)}`
}

/** A new group, application or user by the operator's commands; `null` and empty values leave their flag out. */
export function operatorCommand(
  words: string,
  name: string,
  flags: Record<string, string | boolean | null | undefined>,
): string {
  const given = Object.entries(flags).flatMap(([flag, value]) =>
    value === true
      ? [`--${flag}`]
      : typeof value === 'string' && value !== ''
        ? [`--${flag} ${quoted(value)}`]
        : [],
  )
  return [`crosstie ${words} ${quoted(name)}`, ...given].join(' ')
}

/** A new transfer from a terminal. */
export function transferCommand(body: { name: string }): string {
  const { name, ...rest } = body
  return `crosstie transfer create ${quoted(name)} --body-stdin <<'JSON'\n${JSON.stringify(rest, null, 2)}\nJSON`
}

interface ConnectionCall {
  name: string
  type: string
  connection_data: Record<string, unknown>
  auth_data: Record<string, unknown>
}

/** A new connection from a terminal; null where its settings or sign-in are more than the command's flags say. */
export function connectionCommand({ name, type, connection_data, auth_data }: ConnectionCall): string | null {
  const settings = Object.entries(connection_data).filter(([, value]) => !isEmptyObject(value))
  const { type: way, user } = auth_data
  if (settings.some(([, value]) => typeof value === 'object')) return null
  const flags = [
    `crosstie connection create ${quoted(name)} --type ${type}`,
    ...settings.map(([field, value]) => `  --set ${quoted(`${field}=${String(value)}`)}`),
  ]
  if (way === 'none') return flags.join(' \\\n')
  if (way !== 'basic') {
    const given = JSON.stringify(masked(auth_data), null, 2)
    return `${flags.join(' \\\n')} \\\n  --auth-stdin <<'JSON'\n${given}\nJSON`
  }
  const signIn = `  --user ${quoted(typeof user === 'string' ? user : '')} --password-stdin`
  return `printf '%s' "$PASSWORD" | ${[...flags, signIn].join(' \\\n')}`
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) =>
      SECRET.test(name) && typeof item === 'string' ? [name, '…'] : [name, masked(item)],
    ),
  )
}

/** As one word of a shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
