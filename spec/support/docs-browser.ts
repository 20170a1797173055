import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { REFERENCE, serveReference } from './docs-site'

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const WIDTHS = [1280, 375, 320] as const
const PAGES = [
  'index.html',
  'v3/refund.html',
  'v3/marketing/favor.html',
  'v3/offlineface.html',
  'v2/pay.html',
  'callbacks/v3.html',
  'callbacks/v2.html',
  'api/index.html',
  'api/classes/wechatpay-chain.WechatpayError.html',
  'api/interfaces/wechatpay-chain.RequestOptions.html',
  'api/variables/wechatpay-chain.Rsa.html',
]
/** What is searched, and the anchor that the first result has to lead to. */
const SEARCHES: readonly (readonly [string, RegExp])[] = [
  ['jsapi', /^v3\/.*#post-.*jsapi$/],
  ['退款', /#.*refund/],
  ['faceCollections', /^v3\/offlineface\.html#get-faceCollections/],
  ['refund.success', /^callbacks\/v3\.html#REFUND\.SUCCESS$/],
  [
    '/v3/refund/domestic/refunds/tea-0001?sub_mchid=1',
    /^v3\/refund\.html#get-domestic-refunds-_out_refund_no_$/,
  ],
  ['v3/pay/transactions/native', /^v3\/pay\.html#post-transactions-native$/],
]

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
if (existsSync(executablePath)) void inBrowser()
else console.log(`Browser part SKIPPED: there is no ${executablePath} (name another one in CHROMIUM).`)

async function inBrowser(): Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), 'docs-profile-'))
  const pictures = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'docs-pictures-'))
  const site = await serveReference()
  const browser = await chromium.launchPersistentContext(profile, { executablePath, args: ARGUMENTS })
  try {
    for (const file of PAGES) for (const width of WIDTHS) await open(browser, site.url, file, width, pictures)
    for (const base of [site.url, `${pathToFileURL(REFERENCE)}/`]) await searches(browser, base)
    await spellingAndCopy(browser, site.url)
    console.log(
      `${PAGES.length} pages at ${WIDTHS.join(', ')} px; ${SEARCHES.length} searches; pictures in ${pictures}`,
    )
  } finally {
    await browser.close()
    site.close()
    rmSync(profile, { recursive: true, force: true })
  }
}

/** Runs with a page of its own, on which nothing may go wrong. */
async function withPage(
  browser: BrowserContext,
  base: string,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`))
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`)
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(base) && !url.startsWith('data:')) complaints.push(`${url}: another origin`)
  })
  await use(page)
  assert.deepEqual(complaints, [], page.url())
  await page.close()
}

async function open(
  browser: BrowserContext,
  base: string,
  file: string,
  width: number,
  pictures: string,
): Promise<void> {
  await withPage(browser, base, async (page) => {
    await page.setViewportSize({ width, height: width > 1000 ? 900 : 780 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.goto(base + file)
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
      assert.ok(wide <= width, `${file}: ${wide} px wide on ${width}`)
      const name = `${file.replace(/\.html$/, '').replaceAll('/', '-')}-${width}-${colorScheme}.png`
      if (width !== 320) await page.screenshot({ path: join(pictures, name) })
    }
  })
}

async function searches(browser: BrowserContext, base: string): Promise<void> {
  for (const [query, expected] of SEARCHES) {
    await withPage(browser, base, async (page) => {
      await page.goto(`${base}index.html`)
      await page.keyboard.press('/')
      await page.keyboard.type(query)
      await page.locator('.results a[aria-selected="true"]').waitFor()
      await page.keyboard.press('Enter')
      await page.waitForURL((url) => url.hash !== '', { waitUntil: 'load' })
      const there = decodeURI(page.url()).slice(base.length)
      assert.match(there, expected, `"${query}" leads to ${there}`)
      const top = await page.evaluate<number>("document.querySelector(':target').getBoundingClientRect().top")
      assert.ok(top >= 0 && top < 300, `${there} is ${top} px from the top`)
    })
  }
}

async function spellingAndCopy(browser: BrowserContext, base: string): Promise<void> {
  await browser.grantPermissions(['clipboard-read', 'clipboard-write'])
  await withPage(browser, base, async (page) => {
    await page.goto(`${base}v3/offlineface.html`)
    const tools = page.locator('#get-faceCollections-_collection_id_ .tools')
    await tools.getByRole('button', { name: "chain('path')" }).click()
    await tools.getByRole('button', { name: 'Copy' }).click()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    assert.match(
      copied,
      /await instance\.chain\('v3\/offlineface\/face-collections\/\{collection_id\}'\)\.get\(\{/,
    )
    await page.goto(`${base}v3/refund.html`)
    assert.equal(await page.evaluate<string>('document.documentElement.dataset.spelling'), 'declared')
  })
}
