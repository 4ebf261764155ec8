// What the pages of the API reference do beyond showing: search, menu, languages, copying, trying.

const nav = document.getElementById('nav')
const menu = document.getElementById('menu')
const search = document.getElementById('search')
const items = [...document.querySelectorAll('#operations [data-words]')]

function showMenu(isOpen) {
  nav.classList.toggle('open', isOpen)
  menu.setAttribute('aria-expanded', String(isOpen))
}
menu.addEventListener('click', () => showMenu(!nav.classList.contains('open')))
nav.addEventListener('click', ({ target }) => {
  if (target.closest('a')) showMenu(false)
})

/** Leaves the operations that have every word; the answer is the first of them. */
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
  nav.classList.toggle('searching', words.length > 0)
  for (const item of items) {
    item.hidden = !words.every((word) => item.dataset.words.includes(word))
  }
  for (const group of document.querySelectorAll('.group')) {
    group.hidden = words.length > 0 && !group.querySelector('[data-words]:not([hidden])')
  }
  const first = items.find((item) => !item.hidden)
  document.getElementById('none').hidden = first !== undefined
  return words.length > 0 ? first : undefined
}
search.addEventListener('input', filter)
search.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') filter()?.querySelector('a').click()
  if (event.key === 'Escape') {
    search.value = ''
    filter()
    showMenu(false)
  }
})
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target.closest?.('input, textarea')) return
  event.preventDefault()
  showMenu(menu.offsetParent !== null)
  search.focus()
})

/** One language for all examples, also on the next page. */
function speak(language) {
  for (const input of document.querySelectorAll('.tabs input')) {
    input.checked = input.value === language
  }
}
const chosen = localStorage.getItem('language')
if (document.querySelector(`.tabs input[value="${CSS.escape(chosen ?? '')}"]`)) speak(chosen)
document.addEventListener('change', ({ target }) => {
  if (!target.matches('.tabs input')) return
  const top = target.getBoundingClientRect().top
  speak(target.value)
  localStorage.setItem('language', target.value)
  // Examples above have another height now: what was clicked stays where it was.
  scrollBy(0, target.getBoundingClientRect().top - top)
})

document.addEventListener('click', async ({ target }) => {
  if (!target.matches('.copy')) return
  const text = target.parentElement.querySelector('pre').textContent
  try {
    await navigator.clipboard.writeText(text)
    target.textContent = 'Copied'
  } catch {
    getSelection().selectAllChildren(target.parentElement.querySelector('pre'))
    target.textContent = 'Selected'
  }
})

for (const input of document.querySelectorAll('.try input[name=key]')) {
  input.value = sessionStorage.getItem('key') ?? ''
}
document.addEventListener('submit', async (event) => {
  event.preventDefault()
  const form = event.target
  const values = new FormData(form)
  const query = new URLSearchParams()
  let path = form.dataset.path
  for (const [name, value] of values) {
    const [place, parameter] = name.split(':')
    if (place === 'path') path = path.replace(`{${parameter}}`, encodeURIComponent(value))
    if (place === 'query' && value !== '') query.set(parameter, value)
  }
  const key = values.get('key')
  if (key) sessionStorage.setItem('key', key)
  const body = values.get('body')
  const pre = document.createElement('pre')
  pre.tabIndex = 0
  form.querySelector('output').replaceChildren(pre)
  pre.textContent = '…'
  try {
    const response = await fetch(query.size > 0 ? `${path}?${query}` : path, {
      method: form.dataset.method,
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      body,
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    const shown = isJson ? JSON.stringify(JSON.parse(text), null, 2) : text
    pre.textContent = `${response.status} ${response.statusText}\n${shown.slice(0, 100_000)}`
  } catch (error) {
    pre.textContent = `No answer: ${error.message}`
  }
})
