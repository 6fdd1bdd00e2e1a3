/** What a supabase-js user pastes. */
interface SampleParts {
  url: string
  anonKey: string
  groupId: number
}

/** A token of one hour, by an access token of the hub; from a terminal or one's own server. */
export function tokenSample({ url, groupId }: Omit<SampleParts, 'anonKey'>): string {
  return [
    `curl -X POST '${url}/v1/auth/supabase'`,
    `  -H "Authorization: Bearer $CROSSTIE_TOKEN"`,
    `  -H 'Content-Type: application/json'`,
    `  -d '{"group_id": ${groupId}}'`,
  ].join(' \\\n')
}

export function clientSample({ url, anonKey, groupId }: SampleParts): string {
  return `import { createClient } from '@supabase/supabase-js'

const URL = '${url}'
const ANON_KEY = '${anonKey}'

// A token of the hub: POST ${url}/v1/auth/token with username and password.
const CROSSTIE_TOKEN = process.env.CROSSTIE_TOKEN

let kept = { access_token: '', expires_at: 0 }

/** Good for an hour; a new one is fetched a minute before. */
async function accessToken() {
  if (kept.expires_at - 60 > Date.now() / 1000) return kept.access_token
  const answer = await fetch(URL + '/v1/auth/supabase', {
    method: 'POST',
    headers: { Authorization: 'Bearer ' + CROSSTIE_TOKEN, 'Content-Type': 'application/json' },
    body: JSON.stringify({ group_id: ${groupId} }),
  })
  if (!answer.ok) throw new Error(await answer.text())
  kept = await answer.json()
  return kept.access_token
}

const supabase = createClient(URL, ANON_KEY, { accessToken })

const { data, error } = await supabase
  .from('integration_connectors')
  .select('id, provider, status, last_synced_at')
console.log(error ?? data)

supabase
  .channel('public:integration_connectors')
  .on('postgres_changes', { event: '*', schema: 'public', table: 'integration_connectors' }, (change) =>
    console.log(change.eventType, change.new, change.old),
  )
  .subscribe((state, problem) => console.log(state, problem ?? ''))
`
}
