/** The same pages as bare SQL: prepared statements on a pool, without the hub, its rights or its JSON. */
import pg from 'pg'

export interface BareQuery {
  text: string
  values: unknown[]
}

export interface BareFigures {
  perSecond: number
  p50: number
}

/** As many callers as the hub had, for so long; every query of the list is one round trip of the page. */
export async function runBare(
  adminUrl: string,
  queries: BareQuery[],
  { callers, seconds }: { callers: number; seconds: number },
): Promise<BareFigures> {
  const pool = new pg.Pool({ connectionString: adminUrl, max: callers })
  const took: number[] = []
  const began = performance.now()
  const until = began + seconds * 1000
  const caller = async (): Promise<void> => {
    const client = await pool.connect()
    while (performance.now() < until) {
      const asked = performance.now()
      for (const [index, { text, values }] of queries.entries())
        await client.query({ name: `bare_${index}`, text, values })
      took.push(performance.now() - asked)
    }
    client.release()
  }
  await Promise.all(Array.from({ length: callers }, caller))
  const over = (performance.now() - began) / 1000
  await pool.end()
  took.sort((a, b) => a - b)
  return { perSecond: took.length / over, p50: took[took.length >> 1] ?? 0 }
}
