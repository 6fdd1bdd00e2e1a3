import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Contender } from '../measure.ts'
import { timeCommand } from '../process.ts'

/** Other tools for the same work, installed from PyPI into a folder of the benchmark's own and nowhere else. */
const PACKAGES = [
  'dlt[postgres]==1.31.0',
  'sqlalchemy==2.0.58',
  'pyarrow==26.0.1',
  'sling-linux-amd64==1.4.11',
]

/** dlt's fastest way that needs no second engine: tables as Arrow, loaded as CSV by COPY. */
const DLT_PROGRAM = `
import os, dlt
from dlt.sources.sql_database import sql_table
url = os.environ["BENCH_URL"].replace("postgres://", "postgresql+psycopg2://")
pipeline = dlt.pipeline("bench", destination=dlt.destinations.postgres(os.environ["BENCH_URL"].replace("postgres://", "postgresql://")),
                        dataset_name="by_dlt", pipelines_dir=os.environ["BENCH_FOLDER"])
table = sql_table(credentials=url, schema="public", table="lineitem", backend="pyarrow", chunk_size=100000)
pipeline.run(table, write_disposition="replace", loader_file_format="csv").raise_on_failed_jobs()
`

export interface PeerOptions {
  url: string
  folder: string
  /** Kept between runs, so that the packages are fetched once. */
  kept: string
}

export async function peerContenders({ url, folder, kept }: PeerOptions): Promise<Contender[]> {
  const python = path.join(kept, 'bin', 'python')
  if (!existsSync(path.join(kept, 'installed'))) {
    await mkdir(path.dirname(kept), { recursive: true })
    await timeCommand(
      `python3 -m venv '${kept}' && '${python}' -m pip install -q ${PACKAGES.map((name) => `'${name}'`).join(' ')}`,
    )
    await writeFile(path.join(kept, 'installed'), PACKAGES.join('\n'))
  }
  const program = path.join(folder, 'by_dlt.py')
  await writeFile(program, DLT_PROGRAM)
  const environment = {
    BENCH_URL: url,
    BENCH_FOLDER: folder,
    RUNTIME__DLTHUB_TELEMETRY: 'false',
    SLING_DISABLE_TELEMETRY: 'true',
    BENCH_SLING: `${url}?sslmode=disable`,
  }
  const sling = `"$(ls '${kept}'/lib/python3*/site-packages/sling_linux_amd64/bin/sling-linux-amd64)"`
  return [
    {
      name: 'dlt 1.31.0, pyarrow, CSV loader',
      run: () => timeCommand(`'${python}' '${program}'`, environment),
    },
    {
      name: 'sling 1.4.11 (of June 2025)',
      run: () =>
        timeCommand(
          `chmod +x ${sling}; ${sling} run --src-conn BENCH_SLING --src-stream public.lineitem --tgt-conn BENCH_SLING --tgt-object public.by_sling --mode full-refresh`,
          environment,
        ),
    },
  ]
}
