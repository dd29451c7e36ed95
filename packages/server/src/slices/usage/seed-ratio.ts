/** Prose, code, data and other scripts in the proportions that agents write, so that the seed is not that of English alone. */
const sample = `The quarterly report shows that revenue grew by 12.4% while costs stayed flat. I would start with the two largest
accounts, because their renewal dates are close; then review the pipeline. Is there anything that we should add before Friday?
- First, collect the invoices.\n- Second, compare them with the ledger.\n\n| account | due | amount |\n|---|---|---|\n| ACME | 2026-03-01 | $1,204.50 |
{"id":"ord_8812","items":[{"sku":"KX-20","quantity":3,"price":19.99}],"status":"shipped","note":null}
export async function listOrders(db, { limit = 20, cursor }) {\n  const rows = await db.query('SELECT id FROM orders ORDER BY id', [limit])\n  return rows.map((row) => row.id)\n}
Die Lieferung kommt am Dienstag, sofern das Lager die fehlenden Teile rechtzeitig erhält. Nous confirmons la réception de votre
commande et vous remercions de votre confiance. 请在周五之前确认订单数量,以便我们安排发货。 ご注文ありがとうございます。`

let seed: Promise<number> | undefined

/** Characters per token before anything was learnt of a model. The tokenizer is loaded by the first that asks. */
export function seedRatio(): Promise<number> {
  seed ??= import('gpt-tokenizer/encoding/o200k_base').then(({ countTokens }) => [...sample].length / countTokens(sample))
  return seed
}
