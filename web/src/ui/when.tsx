import { useFormat } from './use-format.ts'

/** A moment: how long ago in words, the exact time on hover and for machines. */
export function When({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  const format = useFormat()
  if (at === null || at === undefined || at === '') return <span className="dimmed">–</span>
  return (
    <time dateTime={at} title={format.time(at, true)} className="nowrap">
      {exact ? format.time(at, true) : format.ago(at)}
    </time>
  )
}
