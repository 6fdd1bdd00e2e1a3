import type { UseFormReturnType } from '@mantine/form'
import { useState } from 'react'
import { ApiError } from '../api/client.ts'
import { formErrors } from './form-errors.ts'

/**
 * Sends a form: busy while it does, the hub's refusals at the fields that they are about, and whatever has no
 * field in `error`, for the form's foot.
 */
export function useSubmit<Values extends Record<string, unknown>>(
  // Only what is needed of the form, so that any of Mantine's forms fits.
  form: Pick<UseFormReturnType<Values>, 'setErrors' | 'getValues'>,
) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const submit = async <T>(send: () => Promise<T>): Promise<T | undefined> => {
    setBusy(true)
    setError(null)
    try {
      return await send()
    } catch (caught) {
      if (caught instanceof ApiError && caught.problems.length > 0) {
        const { fields, rest } = formErrors(caught.problems, form.getValues())
        form.setErrors(fields)
        setError(
          rest.length > 0 ? new ApiError(422, caught.code, rest.join(' '), null, caught.requestId) : null,
        )
        focusFirstError()
      } else {
        setError(caught)
      }
      return undefined
    } finally {
      setBusy(false)
    }
  }
  return { submit, busy, error, setError }
}

/** After the errors are drawn, the first field that has one gets the focus. */
export function focusFirstError(): void {
  setTimeout(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), 0)
}
