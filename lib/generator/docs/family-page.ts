import type { Operation } from '../../catalogue'
import { anchor } from './address'
import type { Family } from './families'
import { type Html, html, plural } from './html'
import { contents, layout, rootOf } from './layout'
import { heading, operationSection } from './operation'

export function familyPage(family: Family): string {
  const { file, version, name, operations } = family
  return layout({
    file,
    title: `${version}/${name}`,
    aside: contents(operations.map((operation) => ({ id: anchor(operation), text: entry(operation) }))),
    main: html`<p class="crumbs"><a href="${rootOf(file)}index.html#${version}">API${version}</a></p>
<h1><code>${`${version}/${name}`}</code></h1>
<p class="lead">${plural(operations.length, 'operation')}</p>
${operations.map(operationSection)}`,
  })
}

function entry(operation: Operation): Html {
  return html`<b class="verb ${operation.verb.toLowerCase()}">${operation.verb}</b> ${heading(operation)}`
}
