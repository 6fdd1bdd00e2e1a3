import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { destination, outgoing, tools } from '../../../test/fakes/provider.ts'
import { smtp } from './smtp.ts'

/** What the server took, and how it treats the next mail. */
const mails: { to: string[]; from: string; data: string }[] = []
const manner = { receiver: 0, data: 0 }
const failure = (code: number) => Object.assign(new Error('said so'), { responseCode: code })

let server: SMTPServer
let port: number
beforeAll(async () => {
  server = new SMTPServer({
    authMethods: ['PLAIN'],
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) => {
      if (username === 'ada' && password === 'correct') done(null, { user: username })
      else done(failure(535))
    },
    onRcptTo: (_address, _session, done) => done(manner.receiver === 0 ? null : failure(manner.receiver)),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        if (manner.data !== 0) return done(failure(manner.data))
        const { rcptTo, mailFrom } = session.envelope
        mails.push({
          to: rcptTo.map(({ address }) => address),
          from: mailFrom === false ? '' : mailFrom.address,
          data: Buffer.concat(chunks).toString(),
        })
        done()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.server.address() as AddressInfo).port // it listens on TCP
})
beforeEach(() => {
  mails.splice(0)
  Object.assign(manner, { receiver: 0, data: 0 })
})
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())))

const to = (auth: Record<string, unknown> = { type: 'none' }, address = 'bob@example.com') =>
  destination(
    { host: '127.0.0.1', port, security: 'none', from: 'Hub <hub@example.com>', reply_to: '' },
    auth,
    address,
  )
const send = (where = to()) => smtp.send(outgoing(), where, tools())

test('a mail has text and HTML, its title as subject, and one id over all tries', async () => {
  const [first, second] = [await send(), await send()]
  expect(first).toMatchObject({ kind: 'sent', receipt: `<${outgoing().dedup}@example.com>` })
  expect(second).toMatchObject({ receipt: `<${outgoing().dedup}@example.com>` })
  const [mail] = mails
  expect(mail).toMatchObject({ to: ['bob@example.com'], from: 'hub@example.com' })
  expect(mail?.data).toContain('Subject: Run 7 failed')
  expect(mail?.data).toContain('multipart/alternative')
  expect(mail?.data).toMatch(/<strong>disk<\/strong>/)
  expect(mail?.data).toContain('Auto-Submitted: auto-generated')
})

test('an address or a title with a line break brings no second receiver and no header', async () => {
  await smtp.send(outgoing({ title: 'a\r\nBcc: eve@example.com' }), to(), tools())
  expect(mails[0]?.to).toEqual(['bob@example.com'])
  expect(mails[0]?.data).not.toMatch(/^Bcc:/m)
  const two = await send(to({ type: 'none' }, 'bob@example.com, eve@example.com'))
  expect(two.kind === 'sent' ? mails.at(-1)?.to : ['refused']).toHaveLength(1)
})

test('a right password is taken, a wrong one is the connection’s matter', async () => {
  expect(await send(to({ type: 'basic', user: 'ada', password: 'correct' }))).toMatchObject({ kind: 'sent' })
  expect(await send(to({ type: 'basic', user: 'ada', password: 'wrong' }))).toMatchObject({
    kind: 'refused',
    blame: 'connection',
    code: 'connect.auth_refused',
  })
})

test.each([
  ['receiver', 550, { kind: 'refused', blame: 'account' }],
  ['receiver', 450, { kind: 'retry' }],
  ['data', 554, { kind: 'refused', blame: 'message' }],
  ['data', 451, { kind: 'retry' }],
] as const)('a %s that is answered %d is understood', async (what, code, outcome) => {
  manner[what] = code
  expect(await send()).toMatchObject(outcome)
})

test('a server that is not there is tried again', async () => {
  const where = to()
  where.opened.config.port = 1
  expect(await send(where)).toMatchObject({ kind: 'retry' })
})
