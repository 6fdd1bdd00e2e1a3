import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { type FileFormat, type Job, parsePostgresUrl, parseTableName, spawnJob } from '#engine'
import { type Contender, measure, print, type Sample } from '../measure.ts'
import { timeCommand, watchPeak } from '../process.ts'
import { LINEITEM_COLUMNS, makeLineitem } from './data.ts'
import { peerContenders } from './peers.ts'

export interface Bench {
  /** A database that is the benchmark's own. */
  url: string
  folder: string
  rows: number
  rounds: number
  /** Where DuckDB's PostgreSQL extension lies; without it the pairs with bare DuckDB are left out. */
  extensions: string[]
  duckdb: string | null
  /** A folder for other tools, kept between runs; null: they are left out. */
  peers: string | null
}

const CSV: FileFormat = {
  type: 'csv',
  delimiter: ',',
  encoding: 'utf-8',
  quote: '"',
  escape: '"',
  include_header: true,
  line_sep: '\n',
  compression: 'none',
}
const PARQUET: FileFormat = { type: 'parquet', compression: 'snappy' }

export async function benchCases(bench: Bench): Promise<void> {
  const client = new pg.Client({ connectionString: bench.url })
  await client.connect()
  try {
    await makeLineitem(client, 'public.lineitem', bench.rows)
    const run = (title: string, contenders: Contender[]) =>
      measure(contenders, bench.rounds).then((figures) => print(title, figures, bench.rounds))
    const fresh = (table: string) => () =>
      client.query(`drop table if exists public.${table}; checkpoint`).then(() => undefined)
    const emptied = (table: string) => async () => {
      await client.query(
        `drop table if exists public.${table}; create table public.${table} (${LINEITEM_COLUMNS}); checkpoint`,
      )
    }
    const psql = `psql -qX '${bench.url}' -c`
    const source = tableAt(bench, 'lineitem')
    const out = (name: string) => path.join(bench.folder, name)
    const forget = (name: string) => async () => {
      await rm(out(name), { force: true })
      await client.query('checkpoint')
    }
    const file = (name: string, format: FileFormat): Job['source'] & Job['target'] =>
      ({ type: 'file', path: out(name), paths: [out(name)], format, overwrite: true }) as Job['source'] &
        Job['target'] // both shapes at once

    await run(`PostgreSQL → PostgreSQL, ${bench.rows} rows`, [
      {
        name: 'psql COPY binary | psql COPY binary',
        prepare: emptied('by_psql'),
        run: () =>
          timeCommand(
            `${psql} 'copy public.lineitem to stdout (format binary)' | ${psql} 'copy public.by_psql from stdin (format binary)'`,
          ),
      },
      {
        name: 'crosstie, new target',
        prepare: fresh('by_new'),
        run: () => ours(bench, source, into(bench, 'by_new')),
      },
      {
        name: 'crosstie, write: direct',
        prepare: emptied('by_direct'),
        run: () => ours(bench, source, { ...into(bench, 'by_direct'), write: 'direct' }),
      },
      {
        name: 'crosstie, staged into an existing table',
        prepare: emptied('by_stage'),
        run: () => ours(bench, source, into(bench, 'by_stage')),
      },
    ])

    if (bench.peers !== null) {
      const peers = await peerContenders({ url: bench.url, folder: bench.folder, kept: bench.peers })
      const figures = await measure(
        [
          {
            name: 'crosstie, new target',
            prepare: fresh('by_new'),
            run: () => ours(bench, source, into(bench, 'by_new')),
          },
          ...peers,
        ],
        1,
      )
      print(`PostgreSQL → PostgreSQL beside other tools, ${bench.rows} rows`, figures, 1)
    }

    await run('PostgreSQL → CSV', [
      {
        name: 'psql \\copy',
        prepare: forget('psql.csv'),
        run: () =>
          timeCommand(`${psql} "\\copy public.lineitem to '${out('psql.csv')}' (format csv, header)"`),
      },
      {
        name: 'crosstie',
        prepare: forget('ours.csv'),
        run: () => ours(bench, source, file('ours.csv', CSV)),
      },
    ])

    await run('CSV → PostgreSQL', [
      {
        name: 'psql \\copy',
        prepare: emptied('csv_psql'),
        run: () =>
          timeCommand(`${psql} "\\copy public.csv_psql from '${out('psql.csv')}' (format csv, header)"`),
      },
      {
        name: 'crosstie, write: direct',
        prepare: emptied('csv_direct'),
        run: () => ours(bench, file('psql.csv', CSV), { ...into(bench, 'csv_direct'), write: 'direct' }),
      },
      {
        name: 'crosstie, staged',
        prepare: emptied('csv_stage'),
        run: () => ours(bench, file('psql.csv', CSV), into(bench, 'csv_stage')),
      },
    ])

    const duck = (statement: string) =>
      timeCommand(`node --conditions=source bench/transfer/bare-duckdb.ts`, {
        BENCH_URL: bench.url,
        BENCH_EXTENSION: bench.duckdb ?? '',
        BENCH_STATEMENT: statement,
      })
    const bare = (contender: Contender): Contender[] => (bench.duckdb === null ? [] : [contender])

    await run('PostgreSQL → Parquet', [
      ...bare({
        name: 'bare DuckDB',
        prepare: forget('duck.parquet'),
        run: () =>
          duck(`copy (select * from pg.public.lineitem) to '${out('duck.parquet')}' (format parquet)`),
      }),
      {
        name: 'crosstie',
        prepare: forget('ours.parquet'),
        run: () => ours(bench, source, file('ours.parquet', PARQUET)),
      },
    ])

    await run('Parquet → PostgreSQL', [
      ...bare({
        name: 'bare DuckDB, insert',
        prepare: emptied('parquet_duck'),
        run: () => duck(`insert into pg.public.parquet_duck from '${out('ours.parquet')}'`),
      }),
      {
        name: 'crosstie, write: direct',
        prepare: emptied('parquet_direct'),
        run: () =>
          ours(bench, file('ours.parquet', PARQUET), { ...into(bench, 'parquet_direct'), write: 'direct' }),
      },
      {
        name: 'crosstie, new target',
        prepare: fresh('parquet_new'),
        run: () => ours(bench, file('ours.parquet', PARQUET), into(bench, 'parquet_new')),
      },
    ])

    const after = String(Math.floor((bench.rows * 0.99) / 4) + 1)
    await run('The last 1 % by an incremental run, all told', [
      {
        name: 'crosstie',
        prepare: async () => {
          await emptied('increment')()
          await client.query(
            `insert into public.increment select * from public.lineitem where l_orderkey <= ${after}`,
          )
          await client.query('checkpoint')
        },
        run: () =>
          ours(
            bench,
            source,
            { ...into(bench, 'increment'), mode: 'append' },
            {
              strategy: { type: 'incremental', column: 'l_orderkey', after },
            },
          ),
      },
    ])

    await client.query('create table if not exists public.nothing (id bigint, name text)')
    await run('An empty table, from start to finished', [
      {
        name: 'crosstie',
        prepare: fresh('nothing_copy'),
        run: () => ours(bench, tableAt(bench, 'nothing'), into(bench, 'nothing_copy')),
      },
    ])
  } finally {
    await client.end()
  }
}

type PostgresTarget = Extract<Job['target'], { type: 'postgres' }>

function tableAt(bench: Bench, name: string): Extract<Job['source'], { type: 'postgres' }> {
  const { login } = parsePostgresUrl(bench.url)
  return { type: 'postgres', login, table: parseTableName(`public.${name}`) }
}

function into(bench: Bench, name: string): PostgresTarget {
  return { ...tableAt(bench, name), write: 'stage', mode: 'replace' }
}

let jobs = 0

/** A run as the hub starts one: the engine's child process, from its start to its end. */
async function ours(
  bench: Bench,
  source: Job['source'],
  target: Job['target'],
  more: Partial<Job> = {},
): Promise<Sample> {
  const temporaryDirectory = mkdtempSync(path.join(tmpdir(), 'crosstie-bench-'))
  const job: Job = {
    id: `bench_${process.pid}_${++jobs}`,
    source,
    target,
    transformations: [],
    strategy: { type: 'full' },
    limits: { memoryBytes: 2 ** 30, threads: 2, temporaryDirectory },
    extensionDirectories: bench.extensions,
    ...more,
  }
  const peak = watchPeak(process.pid)
  const began = performance.now()
  try {
    await spawnJob(job, { onEvent: () => {}, signal: new AbortController().signal })
    return { seconds: (performance.now() - began) / 1000, peakMb: peak.end() }
  } finally {
    peak.end()
    await rm(temporaryDirectory, { recursive: true, force: true })
  }
}
