import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers a GET that is no route: the page, once it is served. */
    page: { answer: null | ((request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) }
  }
}

/** Paths that are never a page: a wrong one there is an answer for a program. */
const DOORS =
  /^\/(v1|assets|openapi\.json|docs|metrics|monitoring|healthz|readyz|realtime|rest|npm|composer|generic|yapkg|foreseen|hooks)(\/|$)/

/**
 * What is no route: 405 where the path answers to another method, else the page or 404. As in SyncMaster these two
 * have the framework's own body, not the envelope. Called before the first route is added.
 */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const known: { method: string; path: RegExp }[] = []
  app.decorate('page', { answer: null })
  app.addHook('onRoute', ({ method, url }) => {
    const path = new RegExp(`^${url.split('/').map(segment).join('/')}$`)
    for (const name of [method].flat()) known.push({ method: name, path })
  })
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const allowed = known.filter((route) => route.path.test(path)).map((route) => route.method)
    if (allowed.length > 0) {
      reply.header('Allow', [...new Set(allowed)].toSorted().join(', '))
      return reply.status(405).send({ detail: 'Method Not Allowed' })
    }
    const isPage = request.method === 'GET' && !DOORS.test(path)
    if (isPage && app.page.answer !== null) return app.page.answer(request, reply)
    return reply.status(404).send({ detail: 'Not Found' })
  })
}

function segment(text: string): string {
  if (text.includes('*')) return '.*'
  return text.startsWith(':') ? '[^/]+' : text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
