'use client';
// The collector from this application's own bundle: an outage of the appliance does not take it away.
import '@gatehouse/sdk/browser';

export const Signals = () => null;
