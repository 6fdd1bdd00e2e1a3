// Its name carries a number, since files in assets are kept by browsers for good: a change takes the next one.
// Runs before the first paint, so that a dark page never flashes white and the language is right for readers.
;(function () {
  const kept = (key) => {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  }
  const scheme = kept('crosstie.scheme')
  const dark = scheme === 'dark' || (scheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
  const language = kept('crosstie.language') || navigator.language || 'en'
  document.documentElement.lang = /^zh/i.test(language) ? 'zh-CN' : 'en'
})()
