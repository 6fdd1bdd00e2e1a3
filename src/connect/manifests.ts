import type { Manifest } from './provider.ts'
import { clickhouse } from './providers/clickhouse.ts'
import { dingtalk } from './providers/dingtalk.ts'
import { ftp } from './providers/ftp.ts'
import { ftps } from './providers/ftps.ts'
import { hdfs } from './providers/hdfs.ts'
import { hive } from './providers/hive.ts'
import { http } from './providers/http.ts'
import { iceberg } from './providers/iceberg.ts'
import { local } from './providers/local.ts'
import { mssql } from './providers/mssql.ts'
import { mysql } from './providers/mysql.ts'
import { oracle } from './providers/oracle.ts'
import { postgres } from './providers/postgres.ts'
import { s3 } from './providers/s3.ts'
import { samba } from './providers/samba.ts'
import { sftp } from './providers/sftp.ts'
import { webdav } from './providers/webdav.ts'
import { webhook } from './providers/webhook.ts'

/** Every provider, in the order in which the page offers them: what works first. A new one is one file and one line. */
export const MANIFESTS: readonly Manifest[] = [
  postgres,
  local,
  clickhouse,
  hive,
  iceberg,
  mssql,
  mysql,
  oracle,
  ftp,
  ftps,
  hdfs,
  s3,
  samba,
  sftp,
  webdav,
  dingtalk,
  http,
  webhook,
]

/** All that connections can be made to: this room's own, and what rooms above it bring along. */
export interface Providers {
  all: readonly Manifest[]
  of: (provider: string) => Manifest | undefined
}

export function createProviders(more: readonly Manifest[] = []): Providers {
  const all = [...MANIFESTS, ...more]
  const byName = new Map(all.map((manifest) => [manifest.provider, manifest]))
  return { all, of: (provider) => byName.get(provider) }
}

/** Of this room's own: those that hold data. */
export function manifestOf(provider: string): Manifest | undefined {
  return MANIFESTS.find((manifest) => manifest.provider === provider)
}
