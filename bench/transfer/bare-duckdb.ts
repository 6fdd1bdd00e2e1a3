/** One statement in bare DuckDB with its PostgreSQL extension: what the embedded route is measured against. */
import { DuckDBInstance } from '@duckdb/node-api'

const { BENCH_URL = '', BENCH_EXTENSION = '', BENCH_STATEMENT = '' } = process.env
const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
await connection.run(`load '${BENCH_EXTENSION}'`)
await connection.run(`attach '${BENCH_URL}' as pg (type postgres)`)
await connection.run(BENCH_STATEMENT)
connection.closeSync()
