/** What the page does beyond what HTML does by itself. Without it every snippet shows and every link works. */
export const script = `
const root = document.documentElement
const recall = (name) => { try { return localStorage.getItem('keylease.' + name) } catch { return null } }
const remember = (name, value) => { try { localStorage.setItem('keylease.' + name, value) } catch { return } }
const theme = recall('theme')
if (theme === 'dark' || theme === 'light') root.dataset.theme = theme
root.dataset.script = ''

document.addEventListener('DOMContentLoaded', () => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)]
  const prefersLight = matchMedia('(prefers-color-scheme: light)')
  const isLight = () => (root.dataset.theme ? root.dataset.theme === 'light' : prefersLight.matches)
  const navigation = document.getElementById('navigation')
  const announce = (text) => { document.getElementById('announcement').textContent = text }

  const toggle = document.getElementById('theme')
  const nameToggle = () => toggle.setAttribute('aria-label', isLight() ? 'Use the dark theme' : 'Use the light theme')
  toggle.addEventListener('click', () => {
    root.dataset.theme = isLight() ? 'dark' : 'light'
    remember('theme', root.dataset.theme)
    nameToggle()
  })
  prefersLight.addEventListener('change', nameToggle)
  nameToggle()

  const choose = (language) => {
    for (const tab of all('[role=tab]')) {
      const chosen = tab.dataset.language === language
      tab.setAttribute('aria-selected', String(chosen))
      tab.tabIndex = chosen ? 0 : -1
    }
    for (const panel of all('.snippet')) panel.hidden = panel.dataset.language !== language
  }
  const pick = (tab) => {
    const before = tab.getBoundingClientRect().top
    choose(tab.dataset.language)
    remember('language', tab.dataset.language)
    tab.focus({ preventScroll: true })
    scrollBy({ top: tab.getBoundingClientRect().top - before, behavior: 'instant' })
  }
  const steps = { ArrowRight: 1, ArrowLeft: -1 }
  for (const list of all('[role=tablist]')) {
    const tabs = all('[role=tab]', list)
    list.addEventListener('click', (event) => event.target.closest('[role=tab]') && pick(event.target.closest('[role=tab]')))
    list.addEventListener('keydown', (event) => {
      const at = tabs.indexOf(event.target)
      const next = { Home: 0, End: tabs.length - 1 }[event.key] ?? (steps[event.key] && (at + steps[event.key] + tabs.length) % tabs.length)
      if (next === undefined || at < 0) return
      event.preventDefault()
      pick(tabs[next])
    })
  }
  const languages = all('[role=tab]').map((tab) => tab.dataset.language)
  const known = recall('language')
  choose(languages.includes(known) ? known : languages[0])

  const copyText = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text)
    const area = Object.assign(document.createElement('textarea'), { value: text })
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
  for (const button of all('.copy')) {
    button.addEventListener('click', async () => {
      const code = all('pre', button.closest('.panel')).find((pre) => pre.offsetParent !== null)
      const done = await copyText(code.textContent).then(() => true, () => false)
      button.textContent = done ? 'Copied' : 'Select and copy'
      button.toggleAttribute('data-done', done)
      announce(done ? 'Copied to the clipboard' : 'The browser refused to copy')
      setTimeout(() => { button.textContent = 'Copy'; button.removeAttribute('data-done') }, 1600)
    })
  }

  const filter = document.getElementById('filter')
  const outcome = document.getElementById('outcome')
  const sift = () => {
    const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean)
    const fits = (item) => words.every((word) => item.dataset.search.includes(word))
    for (const item of all('[data-search]', navigation)) item.hidden = !fits(item)
    for (const group of all('[data-group]', navigation)) group.hidden = all('[data-search]:not([hidden])', group).length === 0
    const found = all('[data-search]:not([hidden])', navigation).length
    outcome.hidden = words.length === 0
    outcome.textContent = found === 0 ? 'Nothing fits. Try a path, a method or a word.' : found === 1 ? '1 entry fits.' : found + ' entries fit.'
  }
  filter.addEventListener('input', sift)
  filter.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && filter.value) { event.preventDefault(); filter.value = ''; sift() }
    if (event.key === 'Enter') navigation.querySelector('[data-search]:not([hidden]) a')?.click()
  })
  const isTyping = (target) => target.closest('input, textarea, select, [contenteditable]') !== null
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    event.preventDefault()
    if (getComputedStyle(navigation).display === 'none') navigation.showPopover()
    filter.focus()
    filter.select()
  })

  const links = new Map(all('a', navigation).map((link) => [link.hash.slice(1), link]))
  for (const link of links.values()) link.addEventListener('click', () => navigation.hidePopover())
  const parts = all('.part').filter((part) => links.has(part.id))
  const mark = () => {
    const current = parts.findLast((part) => part.getBoundingClientRect().top < 160) ?? parts[0]
    for (const [id, link] of links) id === current.id ? link.setAttribute('aria-current', 'true') : link.removeAttribute('aria-current')
  }
  let isMarking = false
  addEventListener('scroll', () => {
    if (isMarking) return
    isMarking = true
    requestAnimationFrame(() => { isMarking = false; mark() })
  }, { passive: true })
  mark()
})
`
