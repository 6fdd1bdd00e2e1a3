import { NumberInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Resources } from '../api/transfers.ts'
import { FormRow } from '../ui/form.tsx'
import type { TransferForm } from './end-fields.tsx'

const GIB = 2 ** 30

/** How much of a machine a run may take. */
export function ResourceFields({ form }: { form: TransferForm }) {
  const { t } = useTranslation()
  const { resources } = form.getValues()
  const set = (part: Partial<Resources>) => form.setFieldValue('resources', { ...resources, ...part })
  const count = (name: 'max_parallel_tasks' | 'cpu_cores_per_task', most: number) => ({
    value: resources[name],
    min: 1,
    max: most,
    allowDecimal: false,
    hideControls: true,
    error: form.errors[`resources.${name}`],
    onChange: (next: number | string) => typeof next === 'number' && set({ [name]: next }),
  })
  return (
    <FormRow>
      <NumberInput label={t('resource.tasks')} {...count('max_parallel_tasks', 100)} />
      <NumberInput label={t('resource.cores')} {...count('cpu_cores_per_task', 32)} />
      <NumberInput
        label={t('resource.ram')}
        value={gib(resources.ram_bytes_per_task)}
        min={0.5}
        max={64}
        decimalScale={2}
        hideControls
        error={form.errors['resources.ram_bytes_per_task']}
        onChange={(next) => typeof next === 'number' && set({ ram_bytes_per_task: Math.round(next * GIB) })}
      />
    </FormRow>
  )
}

/** `1GiB` and a number of bytes are one. */
function gib(size: number | string): number | string {
  if (typeof size === 'number') return size / GIB
  const [, count, unit = ''] = /^\s*([\d.]+)\s*(\w*)\s*$/.exec(size) ?? []
  const factors: Record<string, number> = {
    '': 1,
    b: 1,
    kib: 2 ** 10,
    mib: 2 ** 20,
    gib: GIB,
    kb: 1e3,
    mb: 1e6,
    gb: 1e9,
  }
  const factor = factors[unit.toLowerCase()]
  return count === undefined || factor === undefined ? '' : (Number(count) * factor) / GIB
}
