import { describe, expect, it } from 'vitest'
import { extensionOf, fileNameOf, formatOf, jobOfTransfer, type JobParts } from './job-of-transfer.ts'

const GIB = 2 ** 30
const login = { host: 'db', port: 5432, database: 'shop', user: 'ada', params: {} }
const csv = {
  type: 'csv',
  delimiter: ',',
  encoding: 'utf-8',
  quote: '"',
  escape: '\\',
  include_header: true,
  line_sep: '\n',
  compression: 'gzip',
} as const

const parts = (more: Partial<JobParts['plan']> = {}, others: Partial<JobParts> = {}): JobParts => ({
  runId: 17,
  runCreatedAt: new Date('2026-05-04T03:02:01.999Z'),
  plan: {
    source_params: { type: 'postgres', table_name: 'public.orders' },
    target_params: { type: 'postgres', table_name: '"My schema"."or.ders"' },
    strategy_params: { type: 'full' },
    transformations: [],
    resources: { max_parallel_tasks: 2, cpu_cores_per_task: 3, ram_bytes_per_task: GIB },
    ...more,
  },
  source: { type: 'postgres', login },
  target: { type: 'postgres', login },
  mark: undefined,
  most: { memoryBytes: 4 * GIB, threads: 4 },
  temporaryDirectory: '/data/tmp/run_17',
  extensionDirectories: ['/data/duckdb'],
  ...others,
})

const incremental = { type: 'incremental', increment_by: 'id' } as const

describe('the job of a transfer', () => {
  it('is named by its run, so that a repeated one is known', () => {
    expect(jobOfTransfer(parts()).id).toBe('run_17')
  })

  it('leads from table to table, staged unless it is said otherwise, odd names included', () => {
    const job = jobOfTransfer(parts())
    expect(job.source).toEqual({ type: 'postgres', login, table: { schema: 'public', name: 'orders' } })
    expect(job.target).toMatchObject({
      table: { schema: 'My schema', name: 'or.ders' },
      write: 'stage',
      mode: 'replace',
    })
    const direct = parts({ target_params: { type: 'postgres', table_name: 'a.b', write: 'direct' } })
    expect(jobOfTransfer(direct).target).toMatchObject({ write: 'direct' })
  })

  it('replaces on the first incremental run, and appends on those after it', () => {
    const first = jobOfTransfer(parts({ strategy_params: incremental }))
    expect(first).toMatchObject({
      strategy: { type: 'incremental', column: 'id' },
      target: { mode: 'replace' },
    })
    const next = jobOfTransfer(parts({ strategy_params: incremental }, { mark: '41' }))
    expect(next).toMatchObject({ strategy: { after: '41' }, target: { mode: 'append' } })
  })

  it('of files is incremental by the files that are read, not by a column in them', () => {
    const job = jobOfTransfer(
      parts(
        {
          source_params: { type: 'local', directory_path: '/in', file_format: csv },
          strategy_params: { type: 'incremental', increment_by: 'file_name' },
        },
        { source: { type: 'local', root: '/files', paths: ['/files/in/b.csv'] }, mark: '["a.csv"]' },
      ),
    )
    expect(job).toMatchObject({
      source: { type: 'file', root: '/files', paths: ['/files/in/b.csv'], format: csv },
      strategy: { type: 'full' },
      target: { mode: 'append' },
    })
  })

  it('writes one file, named by its template and kept under the connection', () => {
    const target_params = {
      type: 'local',
      directory_path: '/out',
      file_format: csv,
      file_name_template: '{run_created_at}-{index}.{extension}',
    } as const
    const job = jobOfTransfer(
      parts({ target_params }, { target: { type: 'local', root: '/f', folder: '/f/out' } }),
    )
    expect(job.target).toEqual({
      type: 'file',
      path: '/f/out/2026_05_04_03_02_01-0.csv.gz',
      root: '/f',
      format: csv,
      overwrite: false,
    })
  })

  it('gets what the transfer asks for, as far as the operator lets it', () => {
    expect(jobOfTransfer(parts()).limits).toEqual({
      memoryBytes: 2 * GIB,
      threads: 4,
      temporaryDirectory: '/data/tmp/run_17',
    })
    const most = { memoryBytes: GIB, threads: 64 }
    expect(jobOfTransfer(parts({}, { most })).limits).toMatchObject({ memoryBytes: GIB, threads: 6 })
  })

  it('hands transformations on; what chooses files is done before', () => {
    const rows = { type: 'dataframe_rows_filter', filters: [{ type: 'is_null', field: 'a' }] } as const
    const job = jobOfTransfer(
      parts({
        transformations: [
          { type: 'file_metadata_filter', filters: [{ type: 'file_size_min', value: 1 }] },
          { ...rows, filters: [...rows.filters] },
          { type: 'sql', query: 'select 1', dialect: 'spark' },
        ],
      }),
    )
    expect(job.transformations).toEqual([rows, { type: 'sql', query: 'select 1' }])
  })
})

describe('a file name', () => {
  it.each([
    [{ ...csv, compression: 'none' }, 'csv'],
    [csv, 'csv.gz'],
    [{ type: 'jsonline', encoding: 'utf-8', line_sep: '\n', compression: 'bzip2' }, 'jsonl.bz2'],
    [{ type: 'parquet', compression: 'snappy' }, 'snappy.parquet'],
    [{ type: 'parquet', compression: 'lz4' }, 'lz4hadoop.parquet'],
    [{ type: 'parquet', compression: 'none' }, 'parquet'],
    [{ type: 'orc', compression: 'zlib' }, 'zlib.orc'],
    [{ type: 'excel', include_header: false, start_cell: null }, 'xlsx'],
  ] as const)('has the extension of %j', (format, extension) => {
    expect(extensionOf(format)).toBe(extension)
  })

  it('takes its place holders from the run', () => {
    const run = { runId: 5, runCreatedAt: new Date(0) }
    expect(fileNameOf('{run_id}_{index}-{run_created_at}.{extension}', csv, run)).toBe(
      '5_0-1970_01_01_00_00_00.csv.gz',
    )
  })

  it('of a format that is not carried yet is refused in words', () => {
    expect(() => formatOf({ type: 'orc', compression: 'none' })).toThrow(
      "Files of the format orc are kept in transfers, but this release's engine does not carry them yet.",
    )
  })
})
