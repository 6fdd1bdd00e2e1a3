import type pg from 'pg'

/** Has no tenants and no readers: only migrations read and write it, as its owner. */
const WITHOUT_POLICIES = new Set(['platform.migration'])

/** Foreign keys between tenants' rows that do not carry the group, and what holds the two together instead. */
const HELD_OTHERWISE = new Map([
  [
    'connection_connector_id_fkey',
    'the companion is made by a trigger, from its connector’s company, and neither ever changes its group',
  ],
])

/** A rule about the catalogs: its query answers one sentence per thing that breaks it. */
interface Rule {
  name: string
  problems: string
}

const OURS = `n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'`
/** Tables with a column that names the tenant, and that column. */
const TENANTS = `
  select c.oid, n.nspname || '.' || c.relname as name, a.attnum, a.attname
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attname in ('group_id', 'company_id') and not a.attisdropped
  where c.relkind in ('r', 'p') and ${OURS}`
const TABLES = `
  select c.oid, n.nspname || '.' || c.relname as name, c.relrowsecurity, c.relforcerowsecurity, c.relacl
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and ${OURS}`

const RULES: Rule[] = [
  {
    name: 'row-level security is on',
    problems: `select name || ' has no row-level security' from (${TABLES}) t where not relrowsecurity`,
  },
  {
    name: 'row-level security is forced',
    problems: `select name || ' does not force row-level security on its owner' from (${TABLES}) t
      where relrowsecurity and not relforcerowsecurity`,
  },
  {
    name: 'the owner has a policy, or migrations would silently touch no row',
    problems: `select name || ' has no policy for crosstie_owner' from (${TABLES}) t
      where not exists (
        select from pg_policy p where p.polrelid = t.oid and p.polcmd = '*'
          and (select oid from pg_roles where rolname = 'crosstie_owner') = any (p.polroles)
          and pg_get_expr(p.polqual, p.polrelid) = 'true'
      )`,
  },
  {
    name: 'no policy is for everybody',
    problems: `select name || ' has a policy for every role: ' || p.polname from (${TABLES}) t
      join pg_policy p on p.polrelid = t.oid where 0 = any (p.polroles)`,
  },
  {
    name: 'public holds no right',
    problems: `select distinct name || ' is open to public' from (${TABLES}) t, aclexplode(t.relacl) a where a.grantee = 0`,
  },
  {
    name: 'an index leads with the tenant',
    problems: `select name || ' has no whole index that begins with ' || attname from (${TENANTS}) t
      where not exists (
        select from pg_index i where i.indrelid = t.oid and i.indkey[0] = t.attnum and i.indpred is null
      )`,
  },
  {
    name: 'keys between tenants’ rows carry the tenant',
    problems: `select k.conname || ' of ' || t.name || ' does not carry ' || t.attname || ' to ' || f.name
      from pg_constraint k join (${TENANTS}) t on t.oid = k.conrelid join (${TENANTS}) f on f.oid = k.confrelid
      where k.contype = 'f' and not (t.attnum = any (k.conkey) and f.attnum = any (k.confkey))`,
  },
  {
    name: 'a key that is set null keeps the tenant',
    problems: `select k.conname || ' of ' || t.name || ' would set ' || t.attname || ' null, too'
      from pg_constraint k join (${TENANTS}) t on t.oid = k.conrelid
      where k.contype = 'f' and k.confdeltype = 'n' and t.attnum = any (coalesce(k.confdelsetcols, k.conkey))`,
  },
  {
    name: 'a row never changes its group',
    problems: `select name || ': crosstie_app may write ' || attname || ', and no trigger keeps it' from (${TENANTS}) t
      where has_column_privilege('crosstie_app', t.oid, t.attnum, 'update')
        and not exists (
          select from pg_trigger g where g.tgrelid = t.oid and g.tgname = 'keep' and not g.tgisinternal
        )`,
  },
  {
    name: 'functions with their owner’s rights look names up where they say',
    problems: `select n.nspname || '.' || p.proname || ' is security definer without a search_path'
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prosecdef and ${OURS} and not exists (
        select from unnest(p.proconfig) setting where setting like 'search_path=%'
      )`,
  },
  {
    name: 'views see what their reader may see',
    problems: `select n.nspname || '.' || c.relname || ' is a view without security_invoker'
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'v' and ${OURS}
        and not coalesce(c.reloptions @> '{security_invoker=true}', false)`,
  },
]

/** Everything in the database that breaks a rule of tenancy, in words. Default deny: a new table breaks several. */
export async function tenancyProblems(client: pg.ClientBase): Promise<string[]> {
  const found: string[] = []
  for (const { problems } of RULES) {
    const { rows } = await client.query<[string]>({ text: problems, rowMode: 'array' })
    found.push(...rows.map(([problem]) => problem))
  }
  found.push(...(await policyProblems(client)))
  return found
    .filter((problem) => ![...WITHOUT_POLICIES].some((table) => problem.startsWith(`${table} `)))
    .filter((problem) => ![...HELD_OTHERWISE.keys()].some((key) => problem.startsWith(`${key} `)))
    .toSorted()
}

/** Policies read claims only, and call what reads them as `(select helper())`, once per statement. */
async function policyProblems(client: pg.ClientBase): Promise<string[]> {
  // With an empty path the catalogs spell every name with its schema.
  await client.query(`set search_path = ''`)
  const { rows } = await client.query<{ name: string; policy: string; expression: string }>(`
    select t.name, p.polname as policy, e.expression
    from (${TABLES}) t join pg_policy p on p.polrelid = t.oid
    cross join lateral (
      values (pg_get_expr(p.polqual, p.polrelid)), (pg_get_expr(p.polwithcheck, p.polrelid))
    ) e (expression)
    where e.expression is not null`)
  await client.query('reset search_path')
  return [
    ...new Set(
      rows.flatMap(({ name, policy, expression }) => {
        const where = `${name}: policy "${policy}"`
        const rest = expression.replaceAll(/\( SELECT \w+\.\w+\([^()]*\)(::[\w.[\]]+)? AS \w+\)/g, '')
        const bare = /(?<!pg_catalog)\.?\b(\w+\.\w+)\(/.exec(rest)?.[1]
        return [
          ...(bare === undefined ? [] : [`${where} calls ${bare}() for every row`]),
          ...(/(?<!DISTINCT )\bFROM\b/.test(expression) ? [`${where} reads a table`] : []),
        ]
      }),
    ),
  ]
}
