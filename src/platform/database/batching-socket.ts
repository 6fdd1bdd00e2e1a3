import { Socket } from 'node:net'

/**
 * A socket that sends what is written in one go of the event loop as one packet. A transaction's opening and
 * its first statement are written one after the other; sent apart, each is a system call here and a wake-up of
 * PostgreSQL (measured: 40 % of the hub's processor time for a small request).
 */
export function batchingSocket(): Socket {
  const socket = new Socket()
  const write = socket.write.bind(socket)
  let corked = false
  // `write` has overloads, all of which pass through.
  socket.write = ((...given: Parameters<typeof write>) => {
    if (!corked) {
      corked = true
      socket.cork()
      process.nextTick(() => {
        corked = false
        socket.uncork()
      })
    }
    return write(...given)
  }) as typeof socket.write
  return socket
}
