// The pages of the report: what is on them, and where. `at` is column, row, width, height of 12 × 12.
const COLOURS = ['#118dff', '#12239e', '#e66c37', '#6b007b', '#e044a7', '#744ec2', '#d9b300', '#2aa79b'];

const HOURS = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:00`);
const LINES = ['Line 1', 'Line 2', 'Line 3', 'Line 4', 'Line 5', 'Line 6'];
const SITES = ['Hamburg', 'Leipzig', 'Rotterdam', 'Lyon', 'Gdańsk', 'Porto', 'Turin', 'Brno'];

const PAGES = [
  {
    name: 'ReportSection01',
    displayName: 'Overview',
    visuals: [
      { name: 'ordersToday', title: 'Orders today', type: 'kpi', at: [1, 1, 3, 3], base: 18240, rate: 0.9, accent: '#118dff', note: 'vs. yesterday' },
      { name: 'revenueToday', title: 'Revenue today', type: 'kpi', at: [4, 1, 3, 3], base: 742310, rate: 37.4, unit: '€', accent: '#2aa79b', note: 'vs. plan' },
      { name: 'onTime', title: 'Delivered on time', type: 'kpi', at: [7, 1, 3, 3], base: 93, spread: 5, decimals: 1, suffix: ' %', accent: '#d9b300', note: 'target 95 %' },
      { name: 'openTickets', title: 'Open tickets', type: 'kpi', at: [10, 1, 3, 3], base: 60, spread: 40, accent: '#e66c37', note: 'vs. last week' },
      { name: 'ordersByHour', title: 'Orders per hour, today and yesterday', type: 'line', at: [1, 4, 8, 5], series: ['Today', 'Yesterday'], labels: HOURS, scale: 1400 },
      { name: 'channels', title: 'Orders by channel', type: 'donut', at: [9, 4, 4, 5], labels: ['Web shop', 'Marketplace', 'Retail', 'Partner', 'Phone'], scale: 9000 },
      { name: 'sites', title: 'Units shipped by site', type: 'bars', at: [1, 9, 5, 4], labels: SITES.slice(0, 6), scale: 5200 },
      { name: 'shipments', title: 'Latest shipments', type: 'table', at: [6, 9, 7, 4], columns: ['Shipment', 'Destination', 'Units', 'Load', 'State'], rows: 5 },
    ],
  },
  {
    name: 'ReportSection02',
    displayName: 'Production',
    visuals: [
      { name: 'output', title: 'Units produced', type: 'kpi', at: [1, 1, 4, 3], base: 46820, rate: 2.3, accent: '#744ec2', note: 'this shift' },
      { name: 'oee', title: 'Overall equipment effectiveness', type: 'kpi', at: [5, 1, 4, 3], base: 78, spread: 9, decimals: 1, suffix: ' %', accent: '#118dff', note: 'target 82 %' },
      { name: 'scrap', title: 'Scrap rate', type: 'kpi', at: [9, 1, 4, 3], base: 1, spread: 1.6, decimals: 2, suffix: ' %', accent: '#d64550', note: 'limit 2.00 %' },
      { name: 'outputByLine', title: 'Output by line and shift', type: 'columns', at: [1, 4, 7, 9], series: ['Early', 'Late', 'Night'], labels: LINES, scale: 3200 },
      { name: 'load', title: 'Machine load by hour', type: 'heat', at: [8, 4, 5, 5], rows: LINES, columns: 12 },
      { name: 'downtime', title: 'Downtime by cause (minutes)', type: 'bars', at: [8, 9, 5, 4], labels: ['Changeover', 'Material', 'Maintenance', 'Quality', 'Other'], scale: 180 },
    ],
  },
  {
    name: 'ReportSection03',
    displayName: 'Energy',
    visuals: [
      { name: 'power', title: 'Power now', type: 'kpi', at: [1, 1, 4, 3], base: 1240, spread: 380, suffix: ' kW', accent: '#d9b300', note: 'contract 1,900 kW' },
      { name: 'solar', title: 'Solar share', type: 'kpi', at: [5, 1, 4, 3], base: 22, spread: 21, decimals: 1, suffix: ' %', accent: '#2aa79b', note: 'vs. last month' },
      { name: 'carbon', title: 'CO₂ avoided today', type: 'kpi', at: [9, 1, 4, 3], base: 812, rate: 0.05, decimals: 1, suffix: ' kg', accent: '#12239e', note: 'vs. yesterday' },
      { name: 'powerByHour', title: 'Grid and solar power (kW)', type: 'line', at: [1, 4, 8, 9], series: ['Grid', 'Solar'], labels: HOURS, scale: 1900 },
      { name: 'consumers', title: 'Consumption by area', type: 'donut', at: [9, 4, 4, 5], labels: ['Presses', 'Ovens', 'Climate', 'Lighting'], scale: 640 },
      { name: 'areas', title: 'kWh per unit by site', type: 'bars', at: [9, 9, 4, 4], labels: SITES.slice(2, 7), scale: 14, decimals: 1 },
    ],
  },
];

const BOOKMARKS = [
  { name: 'BookmarkNight', displayName: 'Night shift', page: 'ReportSection02' },
  { name: 'BookmarkEnergy', displayName: 'Energy', page: 'ReportSection03' },
];

// Rows that a report about broken reports could have. They are data, whatever they look like.
const ERROR_ROWS = {
  none: [],
  mentioned: [
    ['Ticket 4711', 'TV wall shows ClientError_TokenExpired after an hour', '1', '12 %', 'Open'],
    ['Ticket 4712', 'Access token has expired, resubmit with a new access token', '3', '48 %', 'Closed'],
    ['TokenExpired', 'Could not load data for this visual', '7', '71 %', 'Open'],
  ],
  identical: [
    ['Log', 'Could not load data for this visual ClientError_TokenExpired', '1', '12 %', 'Open'],
    ['ClientError_TokenExpired', 'Could not load data for this visual', '2', '35 %', 'Open'],
  ],
};
