/** How a page steers the lab, and hears of it: not by the lines that it cuts. */
import type { Hub } from '@sse/express'
import { input, Problem } from '@sse/kit'
import express, { Router } from 'express'
import type { ControlEvents, Lab as LabAnswer } from '../shared/lab.ts'
import { changeSchema, cutSchema, tooMuch } from '../shared/settings.ts'
import type { Lab } from './lab.ts'
import { now } from './now.ts'

export function controlRoutes(lab: Lab, hub: Hub<ControlEvents>): Router {
  const router = Router()
  router.use(express.json({ limit: '4kb' }))

  /** Answers every order with what has become of it, and tells all other pages at once. */
  const order = (act: (body: unknown) => void): express.RequestHandler => {
    return (req, res) => {
      act(req.body)
      const state = lab.state()
      void hub.publish('lab', state, { event: 'state' })
      res.json(state)
    }
  }

  router.get('/lab', (_req, res) => {
    const answer: LabAnswer = { ports: lab.ports, state: lab.state() }
    res.set('Cache-Control', 'no-store').json(answer)
  })

  router.get('/stream', (_req, res) => {
    res.sse.subscribe('lab')
  })

  // Nothing is done here that could take time: the page compares this clock with its own.
  router.get('/time', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ now: now() })
  })

  router.patch(
    '/settings',
    order((body) => {
      const given = Object.entries(input(changeSchema, body)).filter(([, value]) => value !== undefined)
      const wanted = { ...lab.settings, ...Object.fromEntries(given) }
      const reason = tooMuch(wanted)
      if (reason) throw new Problem(400, reason)
      lab.change(wanted)
    }),
  )
  router.post('/run', order(lab.run))
  router.post('/pause', order(lab.pause))
  router.post('/reset', order(lab.reset))
  router.post(
    '/cut',
    order((body) => lab.cut(input(cutSchema, body).seconds * 1000)),
  )
  return router
}
