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
 * What is no route: 405 where the path answers to another method, a way to the path without its last slash where that
 * is one, else the page or 404. As in SyncMaster these have the framework's own body, not the envelope. Called before
 * the first route is added.
 */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const known: { method: string; path: RegExp }[] = []
  app.decorate('page', { answer: null })
  app.addHook('onRoute', ({ method, url }) => {
    const path = new RegExp(`^${url.split('/').map(segment).join('/')}$`)
    for (const name of [method].flat()) known.push({ method: name, path })
  })
  // `/v1/groups/` is no group whose number is empty.
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404 || !(request.url.split('?')[0] ?? '').endsWith('/')) return
    if (Object.values(Object(request.params)).includes('')) return reply.callNotFound()
  })
  app.setNotFoundHandler(async (request, reply) => {
    const [path = '', ...query] = request.url.split('?')
    const methodsOf = (place: string) =>
      known.filter((route) => route.path.test(place)).map((route) => route.method)
    const allowed = methodsOf(path)
    if (allowed.length > 0) {
      reply.header('Allow', [...new Set(allowed)].toSorted().join(', '))
      return reply.status(405).send({ detail: 'Method Not Allowed' })
    }
    const short = path.replace(/\/+$/, '')
    // Only along the hub's own doors, so never to `//another.host`; 307 keeps the method and the body.
    if (short !== path && DOORS.test(short) && methodsOf(short).length > 0) {
      return reply
        .status(307)
        .header('Location', [short, ...query].join('?'))
        .send()
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
