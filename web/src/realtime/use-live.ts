import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { live } from '../api/realtime.ts'
import { viewAs } from '../api/view-as.ts'
import { applyChange, type LiveTable } from './apply-change.ts'

/** While the page is shown, what changes in the group's rows comes by itself. */
export function useLive(table: LiveTable, groupId: number | undefined): void {
  const queries = useQueryClient()
  useEffect(() => {
    // A socket speaks with all rights of the session; who looks as another role does without it.
    if (groupId === undefined || viewAs.get() !== null) return
    let stop: (() => void) | undefined
    let gone = false
    import('./socket.ts').then(
      ({ follow }) => {
        if (!gone) stop = follow(table, groupId, (change) => applyChange(queries, change))
      },
      () => live.set('paused'),
    )
    return () => {
      gone = true
      stop?.()
    }
  }, [table, groupId, queries])
  useEffect(() => {
    let before = live.get()
    return live.subscribe(() => {
      const now = live.get()
      // What happened while nobody told is asked for; and a list that waits to be told begins to ask.
      if (now !== before && before !== 'off') {
        void queries.invalidateQueries({ queryKey: [table] })
        if (table === 'runs') void queries.invalidateQueries({ queryKey: ['transfers'] })
      }
      before = now
    })
  }, [table, queries])
}
