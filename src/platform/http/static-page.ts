import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Server } from './server.ts'

/**
 * Serves the built page from `folder`, its address bar included: any path that is no file and no door is the page.
 * While the page is being built, a waiting sheet stands in.
 */
export async function servePage(app: Server, folder: string): Promise<void> {
  // The page may be built after the start; the folder must be there before. In an installed package it is.
  await mkdir(path.join(folder, 'assets'), { recursive: true }).catch(() => {})
  await app.register(async (assets) => {
    // Whoever wants to sign in needs the page first.
    assets.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
    })
    await assets.register(fastifyStatic, {
      root: path.join(folder, 'assets'),
      prefix: '/assets/',
      immutable: true,
      maxAge: '365d',
      // Looked up at each request, not listed at the start.
      wildcard: true,
      // The build lays `.br` and `.gz` beside each file.
      preCompressed: true,
      decorateReply: false,
      logLevel: 'silent',
    })
  })
  app.page.answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const name = path.basename(request.url.split('?')[0] ?? '')
    if (/^[\w-]+\.(svg|png|ico|webmanifest)$/.test(name) && existsSync(path.join(folder, name))) {
      const types: Record<string, string> = {
        svg: 'image/svg+xml',
        png: 'image/png',
        ico: 'image/x-icon',
        webmanifest: 'application/manifest+json',
      }
      const type = types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
      return reply.type(type).send(await readFile(path.join(folder, name)))
    }
    const html = await readFile(path.join(folder, 'index.html')).catch(() => null)
    reply.header('Cache-Control', 'no-cache').type('text/html; charset=utf-8')
    return html === null ? reply.status(503).header('Refresh', '2').send(WAITING) : reply.send(html)
  }
}

const WAITING = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Crosstie</title>
<body style="font: 14px system-ui; margin: 4rem auto; max-width: 32rem; color: #234">
<p>The page is being built; this takes some seconds at the first start. It opens by itself.
<p>The API answers meanwhile: <a href="/docs">/docs</a>.`
