/** What tests of transfers begin with: a group, connections and a queue, made over the API as a person would. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Client, TestHub } from '../harness/hub.ts'
import type { SampleDatabase } from './sample-database.ts'

export interface Story {
  client: Client
  groupId: number
  queueId: number
  connect: (name: string, sample: SampleDatabase) => Promise<number>
  folder: (name: string, directory?: string) => Promise<number>
  transfer: (name: string, body: object) => Promise<number>
  run: (transferId: number) => Promise<number>
  /** Waits for a run's end. */
  ended: (runId: number, withinMs?: number) => Promise<Record<string, unknown>>
  log: (runId: number) => Promise<string[]>
}

let groups = 0

export async function beginStory(hub: TestHub, owner: string): Promise<Story> {
  groups += 1
  const { id: groupId } = await hub.createGroup(`Team ${process.pid} ${groups}`, { owner })
  const client = hub.as(owner)
  const made = async (path: string, body: object): Promise<number> => {
    const answer = await client.post(path, body)
    expect(answer.body).toMatchObject({ id: expect.any(Number) })
    return answer.body.id
  }
  const queueId = await made('/v1/queues', { group_id: groupId, name: 'main queue' })
  return {
    client,
    groupId,
    queueId,
    connect: (name, { connectionData, authData }) =>
      made('/v1/connections', {
        group_id: groupId,
        name,
        description: '',
        type: 'postgres',
        connection_data: connectionData,
        auth_data: authData,
      }),
    folder: (name, directory = '/') =>
      made('/v1/connections', {
        group_id: groupId,
        name,
        description: '',
        type: 'local',
        connection_data: { directory },
      }),
    transfer: (name, body) => made('/v1/transfers', { group_id: groupId, queue_id: queueId, name, ...body }),
    run: (transferId) => made('/v1/runs', { transfer_id: transferId }),
    ended: async (runId, withinMs = 30_000) => {
      for (const until = Date.now() + withinMs; Date.now() < until; await sleep(50)) {
        const { body } = await client.get(`/v1/runs/${runId}?view=full`)
        if (['FINISHED', 'FAILED', 'STOPPED'].includes(body.status)) return body
      }
      throw new Error(`run ${runId} was not over within ${withinMs} ms`)
    },
    log: async (runId) => {
      const { body } = await client.get(`/v1/runs/${runId}/log`)
      return body.items.map((line: { message: string }) => line.message)
    },
  }
}
