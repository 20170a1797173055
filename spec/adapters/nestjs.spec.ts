import 'reflect-metadata'
import { Controller, Module, Post, Req, Res } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { type NestRequest, type NestResponse, wechatpay } from '../../lib/adapters/nestjs'
import { describeAdapter, type Routes, type Start, testEaten } from '../support/adapter-suite'
import { staged } from '../support/listening'

/** A module with a controller that receives both kinds. Decorators are applied by hand: the tests compile without them. */
function moduleOf({ notifications, v3, v2 }: Routes) {
  const receive = { v3: wechatpay(notifications, v3), v2: wechatpay(notifications.v2, v2) }
  class NotifyController {
    notify(request: NestRequest, response: NestResponse): Promise<void> {
      return receive.v3(request, response)
    }
    notifyV2(request: NestRequest, response: NestResponse): Promise<void> {
      return receive.v2(request, response)
    }
  }
  for (const [name, path] of [
    ['notify', 'notify'],
    ['notifyV2', 'notify-v2'],
  ] as const) {
    Req()(NotifyController.prototype, name, 0)
    Res()(NotifyController.prototype, name, 1)
    const descriptor = Object.getOwnPropertyDescriptor(NotifyController.prototype, name) as PropertyDescriptor
    Post(path)(NotifyController.prototype, name, descriptor)
  }
  Controller()(NotifyController)
  class AppModule {}
  Module({ controllers: [NotifyController] })(AppModule)
  return AppModule
}

const application =
  (options: { readonly rawBody?: boolean; readonly bodyParser?: boolean }): Start =>
  async (given) => {
    const app = await NestFactory.create<NestExpressApplication>(moduleOf(given), {
      logger: false,
      ...options,
    })
    await app.listen(0, '127.0.0.1')
    const { url, close } = await staged(app.getHttpServer())
    return { url, close: async () => Promise.all([close(), app.close()]) }
  }

describeAdapter('with rawBody: true', application({ rawBody: true }))
describeAdapter('without a parser', application({ bodyParser: false }))

testEaten('without rawBody', application({}), 'NestFactory.create(AppModule, { rawBody: true })')
