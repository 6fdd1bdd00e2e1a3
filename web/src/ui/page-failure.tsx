import { PageHeader } from './page-header.tsx'
import { Failure, useFailureTitle } from './page-state.tsx'

/** Stands in for the page of a thing that could not be read. */
export function PageFailure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const title = useFailureTitle()(error)
  return (
    <>
      <PageHeader title={title} />
      <Failure error={error} onRetry={onRetry} titled={false} />
    </>
  )
}
