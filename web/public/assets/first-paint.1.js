// Its name carries a number, since files in assets are kept by browsers for good: a change takes the next one.
// Runs before the first paint, so that a dark page never flashes white and the language is right for readers.
;(function () {
  var kept = function (key) {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  }
  var scheme = kept('crosstie.scheme')
  var dark = scheme === 'dark' || (scheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
  var language = kept('crosstie.language') || navigator.language || 'en'
  document.documentElement.lang = /^zh/i.test(language) ? 'zh-CN' : 'en'
})()
