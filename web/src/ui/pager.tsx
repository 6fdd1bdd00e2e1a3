import { useTranslation } from 'react-i18next'
import type { Meta } from '../api/page.ts'
import { ActionButton } from './action-button.tsx'
import classes from './pager.module.css'
import { useFormat } from './use-format.ts'

interface PagerProps {
  meta: Meta
  /** The list's name, where a page has several. */
  of?: string
  onPage: (page: number) => void
}

/** How many there are, and the way to the others. */
export function Pager({ meta, of, onPage }: PagerProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const first = (meta.page - 1) * meta.page_size + 1
  const last = Math.min(meta.total, meta.page * meta.page_size)
  const one = meta.pages <= 1
  return (
    <nav
      className={classes.pager}
      aria-label={of === undefined ? t('list.pages') : t('list.pagesOf', { name: of })}
    >
      <span className="dimmed" aria-live="polite">
        {one
          ? t('list.count', { count: meta.total, shown: format.number(meta.total) })
          : t('list.range', {
              first: format.number(first),
              last: format.number(last),
              total: format.number(meta.total),
            })}
      </span>
      {!one && (
        <span className={classes.buttons}>
          <ActionButton
            size="xs"
            icon="chevronLeft"
            whyNot={meta.has_previous ? undefined : t('list.isFirst')}
            onClick={() => onPage(meta.page - 1)}
          >
            {t('list.previous')}
          </ActionButton>
          <ActionButton
            size="xs"
            icon="chevronRight"
            whyNot={meta.has_next ? undefined : t('list.isLast')}
            onClick={() => onPage(meta.page + 1)}
          >
            {t('list.next')}
          </ActionButton>
        </span>
      )}
    </nav>
  )
}
