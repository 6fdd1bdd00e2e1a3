import { Fault } from '#fault'

/** What every provider says of a call that is not proved to be its own. */
export function hookRefused(why: string): Fault {
  return new Fault('unauthorized', 'connect.hook_refused', `The call is refused: ${why}.`)
}
