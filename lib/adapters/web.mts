export * from './web.js'
