/** What a run would do, before it is run or even saved. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Database } from '#database'
import { type Caller, levelIn, memberLevelIn, requireLevel } from '#identity'
import { explainApart, type Told } from './explain-process.ts'
import { checkCarried, type EngineSettings, openSides, prepareJob } from './prepare-job.ts'
import type { Plan } from './job-of-transfer.ts'
import type { Tx } from './queue.store.ts'
import { checkEnds, visibleTransfer, written } from './transfer.ts'
import { findMark, type Mark } from './transfer.store.ts'
import type { TransferBody } from './transfer.schema.ts'

export interface Explain {
  saved: (caller: Caller, transferId: number, rows: number) => Promise<Told>
  unsaved: (caller: Caller, body: TransferBody, rows: number) => Promise<Told>
}

export function createExplain(db: Database, settings: EngineSettings, temporaryFolder: string): Explain {
  const explain = async (plan: Plan, sides: Sides, mark: Mark | undefined, rows: number) => {
    checkCarried(sides.source.connection.provider, sides.target.connection.provider)
    await mkdir(temporaryFolder, { recursive: true, mode: 0o700 })
    const folder = await mkdtemp(path.join(temporaryFolder, 'explain-'))
    try {
      const order = { plan, ...sides, mark, runId: 0, runCreatedAt: new Date(), makes: false }
      const { job, nothingNew } = await prepareJob(settings, { ...order, temporaryDirectory: folder })
      if (nothingNew) return nothingToDo()
      return await explainApart(job, rows)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  return {
    saved: async (caller, transferId, rows) => {
      const { transfer, sides, mark } = await db.withCaller(caller, async (tx: Tx) => {
        const found = await visibleTransfer(tx, transferId)
        requireLevel(levelIn(caller, found.group_id), 'developer')
        return {
          transfer: found,
          sides: await openSides(settings, tx, found),
          mark: await findMark(tx, found.id),
        }
      })
      return explain(transfer, sides, mark, rows)
    },
    unsaved: async (caller, body, rows) => {
      const sides = await db.withCaller(caller, async (tx: Tx) => {
        requireLevel(memberLevelIn(caller, body.group_id), 'developer')
        await checkEnds(tx, body)
        return openSides(settings, tx, body)
      })
      return explain(written(body), sides, undefined, rows)
    },
  }
}

type Sides = Awaited<ReturnType<typeof openSides>>

function nothingToDo(): Told {
  return {
    route: 'embedded',
    why: ['Every file of the folder was carried by an earlier run.'],
    columns: [],
    steps: ['Nothing is to be done until there is a new file.'],
  }
}
