/** Secrets come by standard input or by a prompt that shows nothing; never as an argument, which others can see. */
import { text } from 'node:stream/consumers'
import { INTERRUPTED, usage } from './exit.ts'

const STDIN_LIMIT = 64 * 1024

/** The first line of standard input. */
export async function secretFromStdin(what: string): Promise<string> {
  const given = (await text(process.stdin)).slice(0, STDIN_LIMIT)
  const line = given.split(/\r?\n/, 1)[0] ?? ''
  if (line === '') throw usage(`Standard input is empty; ${what} is expected there.`)
  return line
}

/** Asked twice at a terminal; null where there is none. */
export async function askNewPassword(): Promise<string | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null
  const first = await askHidden('Password: ')
  if ((await askHidden('Again: ')) !== first) throw usage('The two passwords are not the same.')
  return first
}

function askHidden(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.resume()
  return new Promise((resolve) => {
    let typed = ''
    const end = () => {
      stdin.off('data', take)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
    }
    const take = (chunk: string) => {
      for (const character of chunk) {
        if (character === '\u0003') {
          end()
          process.exit(INTERRUPTED)
        }
        if (character === '\r' || character === '\n' || character === '\u0004') {
          end()
          resolve(typed)
          return
        }
        const isErase = character === '\u007f' || character === '\b'
        typed = isErase ? Array.from(typed).slice(0, -1).join('') : typed + character
      }
    }
    stdin.on('data', take)
  })
}
