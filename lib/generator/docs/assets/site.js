;(() => {
  'use strict'

  const root = new URL('../', document.currentScript.src)
  const SHOWN = 40

  /** Makes an element; what is text stays text. */
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
    element.append(...children)
    return element
  }

  // ---- Search

  let loading
  /** The index is fetched when it is first wanted, as a script: a page opened from a disk may fetch nothing else. */
  const loadIndex = () => {
    loading ??= new Promise((resolve, reject) => {
      const script = make('script', { src: new URL('assets/search-index.js', root).href })
      script.onload = () => resolve(prepare(globalThis.searchIndex))
      script.onerror = reject
      document.head.append(script)
    })
    return loading
  }

  const prepare = ({ pages, entries }) =>
    entries.map(([page, anchor, verb, path, title, chain, old]) => ({
      href: new URL(`${pages[page]}#${anchor}`, root).href,
      verb,
      path,
      title,
      // A path out of a log, with values for its variables.
      pattern: new RegExp(`${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/?]+')}(?:\\?.*)?$`, 'i'),
      old: old === 1,
      version: pages[page].match(/v[23]/)[0],
      text: `${verb} ${path} ${title} ${chain}`.toLowerCase(),
      words: `${path} ${chain}`.toLowerCase().split(/[^a-z0-9_-]+/),
    }))

  /** How badly a word fits: as a whole, as a beginning, anywhere; Infinity for not at all. */
  const misfit = ({ text, title, words }, word) => {
    if (!text.includes(word)) return Infinity
    if (words.includes(word)) return words.indexOf(word) / 20
    if (title.includes(word)) return title.startsWith(word) ? 2 : 3
    return words.some((known) => known.startsWith(word)) ? 4 : 8
  }

  /** The lower the better: shorter paths first, old operations last. */
  const rank = (entry, words) =>
    words.reduce((sum, word) => sum + misfit(entry, word), entry.path.length / 50) +
    (entry.old ? 20 : 0) +
    (entry.version === 'v2' ? 3 : 0) +
    (entry.verb ? 0 : 2)

  const search = (entries, query) => {
    const words = query
      .toLowerCase()
      .replaceAll('instance.', '')
      .split(/[\s'"()]+/)
      .filter(Boolean)
    if (words.length === 0) return []
    const found = ranked(entries, words)
    return found.length > 0 ? found : entries.filter((entry) => entry.pattern.test(words.at(-1)))
  }

  const ranked = (entries, words) =>
    entries
      .map((entry) => ({ entry, score: rank(entry, words) }))
      .filter(({ score }) => score < Infinity)
      .sort((a, b) => a.score - b.score)
      .map(({ entry }) => entry)

  const form = document.querySelector('.search')
  const input = form.elements.namedItem('q')
  const list = make('div', { id: 'results', role: 'listbox', 'aria-label': 'Results' })
  const note = make('p', {})
  const box = make('div', { class: 'results', hidden: '' }, list, note)
  const status = make('div', { class: 'status', role: 'status' })
  const attributes = {
    role: 'combobox',
    'aria-controls': 'results',
    'aria-expanded': 'false',
    'aria-autocomplete': 'list',
  }
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value)
  form.append(box, status)

  const close = () => {
    box.hidden = true
    input.setAttribute('aria-expanded', 'false')
    input.removeAttribute('aria-activedescendant')
  }

  const select = (index) => {
    const options = [...list.querySelectorAll('a')]
    for (const option of options) option.setAttribute('aria-selected', 'false')
    const chosen = options.at(index % options.length)
    if (!chosen) return
    chosen.setAttribute('aria-selected', 'true')
    chosen.scrollIntoView({ block: 'nearest' })
    input.setAttribute('aria-activedescendant', chosen.id)
  }

  const option = ({ href, verb, path, title, old, version }, index) => {
    const head = verb ? [make('b', { class: `verb ${verb.toLowerCase()}` }, verb), ' '] : []
    const notes = [version === 'v2' && 'APIv2', !verb && 'callback', old && 'deprecated'].filter(Boolean)
    const kind = notes.length > 0 ? [' ', make('small', {}, notes.join(' · '))] : []
    const name = title ? [make('span', { lang: 'zh-CN' }, title)] : []
    const line = [...head, make('code', {}, path), ...kind, ...name]
    return make('a', { href, role: 'option', id: `result-${index}`, tabindex: '-1' }, ...line)
  }

  const remark = (count) => {
    if (count === 0) return 'Nothing has this in its path, name or chain.'
    return count > SHOWN ? `and ${count - SHOWN} more` : ''
  }

  const show = async () => {
    const query = input.value.trim()
    if (query === '') return close()
    const found = search(await loadIndex(), query)
    if (input.value.trim() !== query) return
    list.replaceChildren(...found.slice(0, SHOWN).map(option))
    note.textContent = remark(found.length)
    note.hidden = note.textContent === ''
    status.textContent = `${found.length} found`
    box.hidden = false
    box.scrollTop = 0
    input.setAttribute('aria-expanded', 'true')
    select(0)
  }

  const selected = () => list.querySelector('[aria-selected="true"]')
  const move = (step) => {
    const options = [...list.querySelectorAll('a')]
    if (!box.hidden && options.length > 0)
      select((options.indexOf(selected()) + step + options.length) % options.length)
  }

  input.addEventListener('focus', () => void loadIndex())
  input.addEventListener('input', () => void show())
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return
    if (event.key === 'ArrowDown') move(1)
    else if (event.key === 'ArrowUp') move(-1)
    else if (event.key === 'Escape') {
      input.value = ''
      close()
    } else return
    event.preventDefault()
  })
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    await show()
    if (!box.hidden) selected()?.click()
  })
  list.addEventListener('click', (event) => {
    if (event.target.closest('a')) close()
  })
  document.addEventListener('click', (event) => {
    if (!form.contains(event.target)) close()
  })
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, textarea')
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    input.select()
    input.focus()
  })

  const asked = new URLSearchParams(location.search).get('q')
  if (asked) {
    input.value = asked
    input.focus()
    void show()
  }

  // ---- Samples: which spelling they show, and a copy of it

  const SPELLINGS = { property: '.path', declared: "chain('path')", bracketed: "['path']" }
  const KEY = 'spelling'

  const spell = (name) => {
    document.documentElement.dataset.spelling = name
    for (const button of document.querySelectorAll('[data-spell]')) {
      button.setAttribute('aria-pressed', String(button.dataset.spell === name))
    }
  }

  /** A page opened from a disk may have no storage. */
  const remember = (name) => {
    try {
      localStorage.setItem(KEY, name)
    } catch {}
  }
  const remembered = () => {
    try {
      return localStorage.getItem(KEY)
    } catch {
      return null
    }
  }

  const spellingButtons = () =>
    Object.entries(SPELLINGS).map(([name, text]) => {
      const button = make('button', { type: 'button', 'data-spell': name, 'aria-pressed': 'false' }, text)
      button.addEventListener('click', () => {
        const before = button.getBoundingClientRect().top
        spell(name)
        remember(name)
        scrollBy(0, button.getBoundingClientRect().top - before)
      })
      return button
    })

  /** The text without the spellings that are hidden. */
  const shown = (code) =>
    [...code.childNodes]
      .filter((node) => !(node instanceof Element) || getComputedStyle(node).display !== 'none')
      .map((node) => node.textContent)
      .join('')

  const copyButton = (code) => {
    const button = make('button', { type: 'button', class: 'copy' }, 'Copy')
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(shown(code))
      button.textContent = 'Copied'
      setTimeout(() => {
        button.textContent = 'Copy'
      }, 1500)
    })
    return button
  }

  for (const sample of document.querySelectorAll('.sample')) {
    const code = sample.querySelector('code')
    const choices = code.querySelector('.p') ? spellingButtons() : []
    const tools = [...choices, ...(navigator.clipboard ? [copyButton(code)] : [])]
    if (tools.length > 0)
      sample.before(make('div', { class: 'tools', role: 'group', 'aria-label': 'Sample' }, ...tools))
  }
  const choice = remembered()
  spell(choice !== null && Object.hasOwn(SPELLINGS, choice) ? choice : 'property')

  // ---- Contents: folded where they would stand before the page

  const folded = matchMedia('(max-width: 60rem)')
  const contents = document.querySelector('.contents details')
  const fold = () => contents?.toggleAttribute('open', !folded.matches)
  folded.addEventListener('change', fold)
  fold()
})()
