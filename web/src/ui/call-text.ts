const SECRET = /password|secret|token/i

/** The request as a curl line. Secrets become variables of the shell: they are never written out. */
export function curlSample(method: string, url: string, body: unknown): string {
  const lines = [
    `curl -X ${method} '${url}'`,
    `  -H "Authorization: Bearer $CROSSTIE_TOKEN"`,
    `  -H 'Content-Type: application/json'`,
    `  -d '${quoted(JSON.stringify(masked(body), null, 2))}'`,
  ]
  return lines.join(' \\\n')
}

/** The same by the terminal's own command. */
export function cliSample(command: string): string {
  return `CROSSTIE_TOKEN=… ${command}`
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

/** Inside single quotes of a shell. */
function quoted(text: string): string {
  return text.replaceAll("'", String.raw`'\''`)
}
