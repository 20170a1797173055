import { Converter, PageEvent, ReflectionKind } from 'typedoc'

/** Modules are called what one imports. */
const MODULES = { index: 'wechatpay-chain', simulator: 'wechatpay-chain/simulator' }

/** What typedoc.json writes where a link leads out of the API, for TypeDoc knows no relative ones there. */
const OUT = 'https://reference.invalid/'

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
    if (reflection.kindOf(ReflectionKind.Module))
      reflection.name = MODULES[reflection.name] ?? reflection.name
  })
  app.renderer.on(PageEvent.END, (page) => {
    const root = '../'.repeat(page.url.split('/').length)
    page.contents = page.contents?.replaceAll(OUT, root)
  })
}
