import { useTranslation } from 'react-i18next'
import { Dialog } from '../ui/dialog.tsx'
import classes from './keyboard-help.module.css'
import { PLACES, type PlaceKey } from './keys.ts'

export function KeyboardHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const places: Record<PlaceKey, string> = {
    h: t('nav.home'),
    c: t('nav.connections'),
    t: t('nav.transfers'),
    r: t('nav.runs'),
    q: t('nav.queues'),
    g: t('nav.groups'),
    a: t('nav.applications'),
    m: t('nav.me'),
  }
  const rows: [string[], string][] = [
    [['Ctrl', 'K'], t('keys.palette')],
    [['/'], t('keys.search')],
    [['?'], t('keys.help')],
    ...Object.keys(PLACES).map((key): [string[], string] => [
      ['g', key],
      t('keys.goTo', { place: places[key as PlaceKey] }), // the keys of PLACES
    ]),
  ]
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <dl className={classes.keys}>
        {rows.map(([keys, words]) => (
          <div key={words}>
            <dt>
              {keys.map((key, place) => (
                <kbd key={place}>{key}</kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
