import { Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import type { Server } from '#http'
import { levelIn } from '../caller.ts'
import { visibleGroup } from '../group.ts'
import { LEVELS } from '../roles.ts'
import type { Tx } from '../tables.ts'
import { existingUser } from '../user.ts'
import { ADMIN_KEY } from './standing.ts'
import type { SupabaseTokens } from './supabase-token.ts'

export interface SupabaseParts {
  db: Database
  supabaseTokens: SupabaseTokens
  url: () => string
}

/** What a Supabase client is given to paste, and its tokens. */
export function addSupabaseRoutes(app: Server, { db, supabaseTokens, url }: SupabaseParts): void {
  const tags = ['auth']

  app.get(
    '/v1/auth/supabase',
    {
      schema: {
        tags,
        summary: 'Address and anon key for Supabase clients',
        response: { 200: Type.Object({ url: Type.String(), anon_key: Type.String() }) },
      },
    },
    async () => ({ url: url(), anon_key: (await supabaseTokens.keys()).anon }),
  )

  app.post(
    '/v1/auth/supabase',
    {
      schema: {
        tags,
        summary: 'A Supabase-style token of one hour for one group',
        body: Type.Object({ group_id: Type.Integer() }),
        response: { 200: Type.Object({ access_token: Type.String(), expires_at: Type.Number() }) },
      },
    },
    async ({ caller, body }, reply) => {
      if (caller.by.kind === 'application') {
        // Its token would outlive the application by up to an hour.
        throw new Fault(
          'forbidden',
          'identity.application_token',
          'An application shows its own secret to Supabase clients, as the key; it gets no token.',
        )
      }
      const { group, user } = await db.withCaller(caller, async (tx: Tx) => ({
        group: await visibleGroup(tx, body.group_id),
        user: await existingUser(tx, caller.userId),
      }))
      const isAdmin = levelIn(caller, group.id) >= LEVELS.maintainer
      const { token, expiresAt } = await supabaseTokens.issue({
        sub: user.uuid,
        companyId: group.uuid,
        roleKeys: isAdmin ? [ADMIN_KEY] : [],
      })
      reply.header('Cache-Control', 'no-store')
      return { access_token: token, expires_at: expiresAt }
    },
  )
}
