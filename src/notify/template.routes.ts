import { type Static, Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import { Id, PageOf, pageOf, PageQuery, type Server, SortQuery } from '#http'
import { audit, levelIn, memberLevelIn, requireLevel, visibleGroup } from '#identity'
import type { Tx } from './tables.ts'
import { mergeArguments } from './template/content.ts'
import { renderTemplate, syntaxOf } from './template/template.ts'
import {
  deleteTemplate,
  findTemplate,
  insertTemplate,
  listTemplates,
  type Template,
  TEMPLATE_SORT,
  type TemplateToWrite,
  updateTemplate,
} from './template.store.ts'

const TemplatePath = Type.Object({ template_id: Id })
const Arguments = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown())
const SyntaxWord = Type.Enum(['foreseen', 'liquid'])

const Written = {
  name: Type.String({ minLength: 1, maxLength: 255 }),
  title: Type.String({ maxLength: 512, default: '' }),
  content: Type.String({ minLength: 1, maxLength: 65_536 }),
  arguments: Type.Optional(Type.Union([Arguments, Type.Null()])),
  syntax: Type.Optional(SyntaxWord),
}

const TemplateRead = Type.Object({
  id: Type.Integer(),
  group_id: Type.Integer(),
  name: Type.String(),
  title: Type.String(),
  content: Type.String(),
  arguments: Type.Record(Type.String(), Type.Unknown()),
  syntax: SyntaxWord,
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
})

const Preview = Type.Object({ title: Type.String(), text: Type.String() })

export function addTemplateRoutes(app: Server, db: Database): void {
  const tags = ['templates']

  app.get(
    '/v1/templates',
    {
      schema: {
        tags,
        summary: 'List the templates of a group',
        querystring: Type.Object({
          group_id: Id,
          ...PageQuery,
          sort: SortQuery(Object.keys(TEMPLATE_SORT)),
          search_query: Type.Optional(Type.Union([Type.String({ maxLength: 256 }), Type.Null()])),
        }),
        response: { 200: PageOf(TemplateRead) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const group = await visibleGroup(tx, query.group_id)
        const filter = { ...query, groupId: group.id, search: query.search_query ?? null }
        const { total, templates } = await listTemplates(tx, filter)
        return pageOf(query, total, templates.map(present))
      }),
  )

  app.post(
    '/v1/templates',
    {
      schema: {
        tags,
        summary: 'Make a template',
        body: Type.Object({ group_id: Id, ...Written }),
        response: { 200: TemplateRead },
      },
    },
    async ({ caller, body }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const group = await visibleGroup(tx, body.group_id)
        requireLevel(memberLevelIn(caller, group.id), 'developer')
        const template = await insertTemplate(tx, group.id, checked(body))
        await audit(tx, caller, { action: 'template.create', ...objectOf(template) })
        return present(template)
      }),
  )

  app.post(
    '/v1/templates/preview',
    {
      schema: {
        tags,
        summary: 'Show what a text becomes with arguments, without keeping it',
        body: Type.Object({
          title: Written.title,
          content: Written.content,
          arguments: Written.arguments,
          syntax: Written.syntax,
        }),
        response: { 200: Preview },
      },
    },
    async ({ body }) => shown({ ...checked({ ...body, name: 'preview' }) }, {}),
  )

  app.get(
    '/v1/templates/:template_id',
    { schema: { tags, summary: 'Read a template', params: TemplatePath, response: { 200: TemplateRead } } },
    async ({ caller, params }) =>
      db.withCaller(caller, async (tx: Tx) => present(await visibleTemplate(tx, params.template_id))),
  )

  app.put(
    '/v1/templates/:template_id',
    {
      schema: {
        tags,
        summary: 'Change a template; what was sent by it stays as it was',
        params: TemplatePath,
        body: Type.Object(Written),
        response: { 200: TemplateRead },
      },
    },
    async ({ caller, params, body }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const before = await visibleTemplate(tx, params.template_id)
        requireLevel(levelIn(caller, before.group_id), 'developer')
        const template = await updateTemplate(tx, before.id, checked(body))
        await audit(tx, caller, { action: 'template.update', ...objectOf(template) })
        return present(template)
      }),
  )

  app.delete(
    '/v1/templates/:template_id',
    {
      schema: {
        tags,
        summary: 'Delete a template; what was sent by it stays',
        params: TemplatePath,
        response: { 204: Type.Null() },
      },
    },
    async ({ caller, params }, reply) => {
      await db.withCaller(caller, async (tx: Tx) => {
        const template = await visibleTemplate(tx, params.template_id)
        requireLevel(levelIn(caller, template.group_id), 'maintainer')
        await deleteTemplate(tx, template.id)
        await audit(tx, caller, { action: 'template.delete', ...objectOf(template) })
      })
      return reply.status(204).send(null)
    },
  )

  app.post(
    '/v1/templates/:template_id/preview',
    {
      schema: {
        tags,
        summary: 'Show what a template becomes with arguments',
        params: TemplatePath,
        body: Type.Object({ arguments: Type.Optional(Type.Union([Arguments, Type.Null()])) }),
        response: { 200: Preview },
      },
    },
    async ({ caller, params, body }) =>
      db.withCaller(caller, async (tx: Tx) =>
        shown(await visibleTemplate(tx, params.template_id), body.arguments ?? {}),
      ),
  )
}

/** @throws Fault 404, the same for one that is not there and one that the caller may not see. */
async function visibleTemplate(tx: Tx, id: number): Promise<Template> {
  const template = await findTemplate(tx, id)
  if (template === undefined) throw new Fault('not_found', 'notify.template_missing', 'Template not found')
  return template
}

/** A template with values put in; the title as one line. */
function shown(template: TemplateToWrite, given: Record<string, unknown>): Static<typeof Preview> {
  const { title, content: text, syntax } = template
  const args = mergeArguments(template.arguments, given)
  const made = renderTemplate({ title, text }, args, { syntax, escape: 'markdown' })
  return { title: made.title ?? '', text: made.text }
}

interface Given {
  name: string
  title: string
  content: string
  arguments?: Record<string, unknown> | null | undefined
  syntax?: 'foreseen' | 'liquid' | undefined
}

/** One that cannot be read is refused when it is written, not when it is to be sent. */
function checked({ name, title, content, arguments: given, syntax }: Given): TemplateToWrite {
  const language = syntax ?? syntaxOf({ title, text: content })
  const template = { name, title, content, arguments: given ?? {}, syntax: language }
  shown(template, {})
  return template
}

function objectOf({ id, group_id: groupId, name }: Template) {
  return { groupId, objectId: id, objectName: name }
}

function present(template: Template): Static<typeof TemplateRead> {
  const { id, group_id, name, title, content, arguments: defaults, syntax, created_at, updated_at } = template
  return {
    id,
    group_id,
    name,
    title,
    content,
    arguments: defaults,
    syntax,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  }
}
