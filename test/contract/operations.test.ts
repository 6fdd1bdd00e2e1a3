/** Every operation of SyncMaster 0.3 is here, takes what it took and answers what it answered. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'
import { described, differences, misfits, OPERATIONS, sampleOf, type Schema } from './shape.ts'

let hub: TestHub
let paths: Record<string, Record<string, OurOperation>>
let group: number

interface OurOperation {
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}

beforeAll(async () => {
  hub = await startTestHub()
  group = (await hub.createGroup('Team', { owner: 'ada' })).id
  paths = (await hub.anonymous.get('/openapi.json')).body.paths
})
afterAll(() => hub.stop())

const named = Object.entries(OPERATIONS)

const ours = (name: string): OurOperation => {
  const [method = '', url = ''] = name.split(' ')
  const found = paths[url]?.[method.toLowerCase()]
  if (found === undefined) throw new Error(`/openapi.json has no ${name}`)
  return found
}

/** What differs on purpose, and why. */
const ON_PURPOSE: Record<string, string> = {
  'strategy_params<full>.type: default undefined, not "full"':
    'a union is told apart by it, so there it is required too',
  'strategy_params<full>.type: is required': 'the same',
  'strategy_params<incremental>.type: default undefined, not "incremental"': 'the same',
  'strategy_params<incremental>.type: is required': 'the same',
  'resources.ram_bytes_per_task(integer): minimum 536870912, not 0':
    'it is refused there too, with greater_than_equal',

  'POST /v1/auth/token body.scope: missing': 'ignored there and here, like every field that is not named',
  'POST /v1/auth/token body.client_id: missing': 'ignored',
  'POST /v1/auth/token body.client_secret: missing': 'ignored',
  'POST /v1/auth/token body.grant_type: does not take null': 'a form has no null',
  'GET /v1/runs query.transfer_id: may be left out':
    'for group_id in its place; with neither it is 422 as there',
}

test.each(named)('%s takes the parameters and the body of SyncMaster', (name, operation) => {
  const { parameters = [], requestBody } = ours(name)
  const found = Object.entries(operation.parameters ?? {}).flatMap(([parameter, node]) => {
    const mine = parameters.find((one) => one.name === parameter && one.in === node.in)
    const where = `${name} ${node.in}.${parameter}`
    const isRequired = mine?.required === true && mine.schema.default === undefined
    const need =
      (node.required === true) === isRequired
        ? []
        : [`${where}: ${isRequired ? 'is required' : 'may be left out'}`]
    // Query parameters have no null: what is left out is left out.
    return [...differences({ ...node, null: false }, mine?.schema, where), ...need]
  })
  for (const { name: mine, required, schema } of parameters) {
    if (required === true && schema.default === undefined && operation.parameters?.[mine] === undefined) {
      found.push(`${name} ${mine}: is required here only`)
    }
  }
  if (operation.body !== undefined) {
    const content = requestBody?.content[operation.body_type ?? 'application/json']
    found.push(...differences(operation.body, content?.schema, `${name} body`))
  }
  const known = Object.keys(ON_PURPOSE)
  expect(found.filter((difference) => !known.some((end) => difference.endsWith(end)))).toEqual([])
})

/** Told by what is answered below: these hold what a connector by SQL may hold, so our schema promises less. */
const FREE =
  /\.(connection_data|auth_data|source_params|target_params|strategy_params|transformations|resources)\b|^\S+ \S+connections\S* answer(\.items\[\])?<|answer.*: is no object with fields|answer(\.items\[\])?\.type/

test.each(named)('%s answers the status and the fields of SyncMaster', (name, operation) => {
  const response = ours(name).responses[operation.status]
  expect(response, `${name} does not declare ${operation.status}`).toBeDefined()
  if (operation.answer === undefined) return
  const { schema } = response?.content?.[operation.answer_type ?? 'application/json'] ?? {}
  const found = answerDifferences(operation.answer, schema, `${name} answer`)
  expect(found.filter((difference) => !FREE.test(difference))).toEqual([])
})

/** Ours has one object for all types of connections; theirs one each, alike but for what is in it. */
function answerDifferences(node: Parameters<typeof differences>[0], schema: Schema | undefined, at: string) {
  const { tagged } = described(node)
  const shape = tagged === undefined ? node : (Object.values(tagged)[0] ?? '')
  return differences(shape, schema, at).filter(
    (difference) =>
      !/: (may be left out|is required|default|m\w+Length|does not take null|pattern)/.test(difference),
  )
}

describe('the least that SyncMaster takes is taken, and read back by its own fields:', () => {
  const create = described(OPERATIONS['POST /v1/connections']?.body ?? '').tagged ?? {}
  const read = OPERATIONS['POST /v1/connections']?.answer ?? ''
  const tags = (type: string, field: 'auth_data' | 'connection_data'): string[] => {
    const node = described(create[type] ?? '').fields?.[field]
    return Object.keys((node === undefined ? {} : described(node)).tagged ?? { '': '' })
  }
  const kinds = Object.keys(create).flatMap((type) =>
    tags(type, 'auth_data').flatMap((auth) =>
      tags(type, 'connection_data').map((data) => ({ type, auth, data })),
    ),
  )
  // Iceberg: keys of its own go with S3 that is reached directly, and with nothing else.
  const possible = kinds.filter(
    ({ data, auth }) => data === '' || data.endsWith('direct') === auth.endsWith('s3_basic'),
  )

  test.each(possible)('a connection of type $type $data $auth', async ({ type, auth, data }) => {
    const shape = described(create[type] ?? '')
    const part = (field: string, tag: string) => {
      const node = shape.fields?.[field] ?? ''
      return sampleOf(tag === '' ? node : (described(node).tagged?.[tag] ?? ''))
    }
    const body = {
      ...(sampleOf(shape) as object), // its fields
      group_id: group,
      name: `${type} ${data} ${auth}`,
      connection_data: part('connection_data', data),
      auth_data: part('auth_data', auth),
    }
    const answer = await hub.as('ada').post('/v1/connections', body)
    expect(answer.body).toMatchObject({ id: expect.any(Number) })
    expect(misfits(read, answer.body, type)).toEqual([])
    const { body: changed } = await hub.as('ada').put(`/v1/connections/${answer.body.id}`, body)
    expect(changed).toEqual(answer.body)
    connections.set(type, answer.body.id)
  })

  const connections = new Map<string, number>()
  const fields = described(OPERATIONS['POST /v1/transfers']?.body ?? '').fields ?? {}
  const sides = Object.keys(described(fields.source_params ?? '').tagged ?? {})
  const formats = (field: 'source_params' | 'target_params', type: string): string[] => {
    const side = described(described(fields[field] ?? '').tagged?.[type] ?? '')
    const { file_format: format } = side.fields ?? {}
    return format === undefined ? [''] : Object.values(described(format).tagged ?? {})
  }

  test.each(sides)('a transfer from and to %s, in every format', async (type) => {
    const made = await hub.as('ada').post('/v1/queues', { group_id: group, name: `of ${type}` })
    const count = Math.max(formats('source_params', type).length, formats('target_params', type).length)
    for (let at = 0; at < count; at += 1) {
      const side = (field: 'source_params' | 'target_params') => {
        const all = formats(field, type)
        const format = all[at % all.length] ?? ''
        const least = sampleOf(described(fields[field] ?? '').tagged?.[type] ?? '') as object // its fields
        return format === '' ? least : { ...least, file_format: sampleOf(format) }
      }
      const answer = await hub.as('ada').post('/v1/transfers', {
        group_id: group,
        queue_id: made.body.id,
        name: `${type} ${at}`,
        source_connection_id: connections.get(type),
        target_connection_id: connections.get(type),
        source_params: side('source_params'),
        target_params: side('target_params'),
      })
      expect(answer.body).toMatchObject({ id: expect.any(Number) })
      expect(misfits(OPERATIONS['POST /v1/transfers']?.answer ?? '', answer.body, type)).toEqual([])
      const { body: again } = await hub.as('ada').get(`/v1/transfers/${answer.body.id}`)
      expect(again).toEqual(answer.body)
    }
  })
})
