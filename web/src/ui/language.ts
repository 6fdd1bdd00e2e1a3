import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type en from '../locales/en.json'
import { type Sentences, setHubWords } from './hub-words.ts'

export const LANGUAGES = { en: 'English', 'zh-CN': '简体中文' } as const
export type Language = keyof typeof LANGUAGES

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof en }
  }
}

const KEY = 'crosstie.language'

// Each catalogue is a chunk of its own: only the language in use is fetched.
const CATALOGUES = {
  en: () => import('../locales/en.json'),
  'zh-CN': () => import('../locales/zh-CN.json'),
}

/** The hub's own sentences in other languages than its own. */
const SENTENCES: Record<Language, () => Promise<Sentences>> = {
  en: async () => ({}),
  'zh-CN': async () => (await import('../locales/hub.zh-CN.json')).default,
}

/** What was chosen before, else what the browser speaks, else English. */
function preferredLanguage(): Language {
  const kept = localStorage.getItem(KEY)
  if (kept === 'en' || kept === 'zh-CN') return kept
  return navigator.languages.some((tag, index) => index === 0 && /^zh/i.test(tag)) ? 'zh-CN' : 'en'
}

export async function startLanguage(): Promise<void> {
  const language = preferredLanguage()
  const [catalogue, sentences] = await Promise.all([CATALOGUES[language](), SENTENCES[language]()])
  setHubWords(sentences)
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { [language]: { translation: catalogue.default } },
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  document.documentElement.lang = language
}

export async function changeLanguage(language: Language): Promise<void> {
  const [catalogue, sentences] = await Promise.all([CATALOGUES[language](), SENTENCES[language]()])
  setHubWords(sentences)
  i18next.addResourceBundle(language, 'translation', catalogue.default)
  await i18next.changeLanguage(language)
  localStorage.setItem(KEY, language)
  document.documentElement.lang = language
}
