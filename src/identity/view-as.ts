/**
 * "View as role": an administrator looks at the hub as a member of a lower role does. The header only takes away,
 * so anybody may send it; and what is seen so is not changed.
 *
 * ```
 * X-Crosstie-View-As: guest
 * X-Crosstie-View-As: developer; group=12
 * ```
 */
import type { Database } from '#database'
import { Fault } from '#fault'
import type { UserFacts } from './caller.store.ts'
import { LEVELS, type Level } from './roles.ts'

const HEADER = 'x-crosstie-view-as'
const ROLES = { guest: LEVELS.guest, developer: LEVELS.developer, maintainer: LEVELS.maintainer } as const
const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

interface ViewAs {
  most: Level
  /** A superuser is a member of few groups; of this one for the while that it looks. */
  group: number | null
}

interface Asked {
  method: string
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/**
 * The facts that the request asks to be seen by: every role cut down to the one it names, superuser's rights gone.
 * @throws Fault 403 for a change, and for a header that names no role below the owner's.
 */
export async function seenAs<Facts extends UserFacts>(
  db: Database,
  facts: Facts,
  { method, headers }: Asked,
): Promise<Facts> {
  const header = headers[HEADER]
  if (header === undefined) return facts
  const view = readViewAs(String(header))
  if (!READS.has(method)) {
    throw new Fault(
      'forbidden',
      'identity.only_viewed',
      'The hub is only looked at as another role sees it: nothing is changed by that. Leave the view first.',
    )
  }
  const groups = await groupsSeen(db, facts, view)
  return {
    ...facts,
    isSuperuser: false,
    // A smaller one of two levels is a level.
    groups: groups.map((group) => ({ ...group, level: Math.min(group.level, view.most) as Level })),
  }
}

function readViewAs(header: string): ViewAs {
  const [, role = '', group] =
    /^\s*(guest|developer|maintainer)\s*(?:;\s*group=(\d{1,15})\s*)?$/.exec(header) ?? []
  if (!(role in ROLES)) {
    throw new Fault(
      'forbidden',
      'identity.view_as_unknown',
      'X-Crosstie-View-As is guest, developer or maintainer, with "; group=<id>" after it where a superuser asks.',
    )
  }
  // The pattern lets these three through only.
  return { most: ROLES[role as keyof typeof ROLES], group: group === undefined ? null : Number(group) }
}

async function groupsSeen(db: Database, facts: UserFacts, { group }: ViewAs): Promise<UserFacts['groups']> {
  if (group === null || !facts.isSuperuser || facts.groups.some(({ id }) => id === group)) return facts.groups
  const [found] = await db.lookUp<{ uuid: string }>({
    name: 'group_viewed',
    text: 'select uuid from identity."group" where id = $1',
    values: [group],
  })
  return found === undefined
    ? facts.groups
    : [...facts.groups, { id: group, uuid: found.uuid, level: LEVELS.owner }]
}
