import { expect, test } from '@playwright/test'
import { collectComplaints, expectAccessible, expectNoSidewaysScroll, nameView, views } from './checks'

const token = process.env['KEYLEASE_E2E_TOKEN']
const ownerLink = process.env['KEYLEASE_E2E_OWNER_LINK'] ?? ''
const password = 'a long enough password'

for (const view of views) {
  test.describe(nameView(view), () => {
    test.use(view)

    test('the pages of links are for everyone, and hide the token at once', async ({ page }) => {
      const complaints = collectComplaints(page)
      for (const path of ['/welcome', '/invite', '/reset-password']) {
        await page.goto(`${path}?token=${'q'.repeat(43)}`)
        await expect(page).toHaveURL(path)
        await expectAccessible(page)
        await expectNoSidewaysScroll(page)
      }
      expect(complaints).toEqual([])
    })
  })
}

test('the printed link makes the Owner, by keyboard alone, and says what is wrong before', async ({ page }) => {
  await page.goto(ownerLink)
  await page.getByLabel('Name').fill('Grace Hopper')
  await page.getByLabel('E-mail').fill('grace@example.com')
  await page.getByLabel('Password').fill('too short')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('status')).toContainText('at least 12 characters')
  await expectAccessible(page)
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('status')).toContainText('You are the Owner')
  await expectAccessible(page)
})

test('an invitation is accepted, and its link is good once', async ({ page, request }) => {
  const authorization = `Bearer ${token}`
  const data = { email: 'ada@example.com', role: 'manager' }
  const invitation = await (await request.post('/api/v1/invitations', { headers: { authorization }, data })).json()
  for (const expected of ['You are a member now', 'This link is used']) {
    await page.goto(invitation.link)
    await page.getByLabel('Name').fill('Ada Lovelace')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button').click()
    await expect(page.getByRole('status')).toContainText(expected)
  }
})
