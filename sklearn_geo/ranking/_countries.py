# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Names of countries by their ISO 3166 codes, and of continents, as people tag them.

Written down for this library: common English names, short forms, and some of what the
country calls itself. It takes no side on what is a country.
"""

__all__ = ["CONTINENTS", "COUNTRIES"]

CONTINENTS = (
    "Africa",
    "America",
    "Americas",
    "Antarctica",
    "Asia",
    "Australasia",
    "Central America",
    "Eurasia",
    "Europe",
    "Latin America",
    "North America",
    "Oceania",
    "South America",
)

_TABLE = """
AD: Andorra
AE: United Arab Emirates, UAE, Emirates
AF: Afghanistan
AG: Antigua and Barbuda, Antigua, Barbuda
AI: Anguilla
AL: Albania, Shqipëria
AM: Armenia
AO: Angola
AQ: Antarctica
AR: Argentina
AS: American Samoa
AT: Austria, Österreich
AU: Australia
AW: Aruba
AX: Åland, Åland Islands
AZ: Azerbaijan
BA: Bosnia and Herzegovina, Bosnia, Herzegovina, Bosna i Hercegovina
BB: Barbados
BD: Bangladesh
BE: Belgium, België, Belgique, Belgien
BF: Burkina Faso
BG: Bulgaria
BH: Bahrain
BI: Burundi
BJ: Benin
BL: Saint Barthélemy, St Barthélemy, St Barts
BM: Bermuda
BN: Brunei
BO: Bolivia
BQ: Bonaire, Caribbean Netherlands
BR: Brazil, Brasil
BS: Bahamas, The Bahamas
BT: Bhutan
BV: Bouvet Island
BW: Botswana
BY: Belarus
BZ: Belize
CA: Canada
CC: Cocos Islands
CD: Democratic Republic of the Congo, DR Congo, DRC, Congo
CF: Central African Republic
CG: Republic of the Congo, Congo
CH: Switzerland, Schweiz, Suisse, Svizzera
CI: Ivory Coast, Côte d'Ivoire
CK: Cook Islands
CL: Chile
CM: Cameroon
CN: China, PRC
CO: Colombia
CR: Costa Rica
CU: Cuba
CV: Cape Verde, Cabo Verde
CW: Curaçao
CX: Christmas Island
CY: Cyprus
CZ: Czech Republic, Czechia, Czech, Česko
DE: Germany, Deutschland
DJ: Djibouti
DK: Denmark, Danmark
DM: Dominica
DO: Dominican Republic, República Dominicana
DZ: Algeria
EC: Ecuador
EE: Estonia, Eesti
EG: Egypt
EH: Western Sahara
ER: Eritrea
ES: Spain, España
ET: Ethiopia
FI: Finland, Suomi
FJ: Fiji
FK: Falkland Islands, Falklands, Malvinas
FM: Micronesia
FO: Faroe Islands, Faroes, Føroyar
FR: France
GA: Gabon
GB: United Kingdom, UK, Great Britain, Britain, England, Scotland, Wales, \
Northern Ireland
GD: Grenada
GE: Georgia
GF: French Guiana
GG: Guernsey
GH: Ghana
GI: Gibraltar
GL: Greenland
GM: Gambia, The Gambia
GN: Guinea
GP: Guadeloupe
GQ: Equatorial Guinea
GR: Greece, Hellas
GS: South Georgia
GT: Guatemala
GU: Guam
GW: Guinea-Bissau
GY: Guyana
HK: Hong Kong
HM: Heard Island
HN: Honduras
HR: Croatia, Hrvatska
HT: Haiti
HU: Hungary, Magyarország
ID: Indonesia
IE: Ireland, Éire, Republic of Ireland
IL: Israel
IM: Isle of Man
IN: India
IO: British Indian Ocean Territory
IQ: Iraq
IR: Iran
IS: Iceland, Ísland
IT: Italy, Italia
JE: Jersey
JM: Jamaica
JO: Jordan
JP: Japan, Nippon
KE: Kenya
KG: Kyrgyzstan
KH: Cambodia
KI: Kiribati
KM: Comoros
KN: Saint Kitts and Nevis, St Kitts, Nevis
KP: North Korea, DPRK
KR: South Korea, Korea, Republic of Korea
KW: Kuwait
KY: Cayman Islands
KZ: Kazakhstan
LA: Laos
LB: Lebanon
LC: Saint Lucia, St Lucia
LI: Liechtenstein
LK: Sri Lanka
LR: Liberia
LS: Lesotho
LT: Lithuania, Lietuva
LU: Luxembourg, Luxemburg
LV: Latvia, Latvija
LY: Libya
MA: Morocco, Maroc
MC: Monaco
MD: Moldova
ME: Montenegro, Crna Gora
MF: Saint Martin, St Martin
MG: Madagascar
MH: Marshall Islands
MK: North Macedonia, Macedonia
ML: Mali
MM: Myanmar, Burma
MN: Mongolia
MO: Macau, Macao
MP: Northern Mariana Islands
MQ: Martinique
MR: Mauritania
MS: Montserrat
MT: Malta
MU: Mauritius
MV: Maldives
MW: Malawi
MX: Mexico, México
MY: Malaysia
MZ: Mozambique, Moçambique
NA: Namibia
NC: New Caledonia
NE: Niger
NF: Norfolk Island
NG: Nigeria
NI: Nicaragua
NL: Netherlands, The Netherlands, Nederland, Holland
NO: Norway, Norge, Noreg
NP: Nepal
NR: Nauru
NU: Niue
NZ: New Zealand, Aotearoa
OM: Oman
PA: Panama, Panamá
PE: Peru, Perú
PF: French Polynesia
PG: Papua New Guinea
PH: Philippines, Pilipinas
PK: Pakistan
PL: Poland, Polska
PM: Saint Pierre and Miquelon
PN: Pitcairn, Pitcairn Islands
PR: Puerto Rico
PS: Palestine
PT: Portugal
PW: Palau
PY: Paraguay
QA: Qatar
RE: Réunion
RO: Romania, România
RS: Serbia, Srbija
RU: Russia, Russian Federation
RW: Rwanda
SA: Saudi Arabia
SB: Solomon Islands
SC: Seychelles
SD: Sudan
SE: Sweden, Sverige
SG: Singapore
SH: Saint Helena, St Helena
SI: Slovenia, Slovenija
SJ: Svalbard, Svalbard and Jan Mayen
SK: Slovakia, Slovensko
SL: Sierra Leone
SM: San Marino
SN: Senegal, Sénégal
SO: Somalia
SR: Suriname
SS: South Sudan
ST: São Tomé and Príncipe
SV: El Salvador
SX: Sint Maarten, St Maarten
SY: Syria
SZ: Eswatini, Swaziland
TC: Turks and Caicos, Turks and Caicos Islands
TD: Chad
TF: French Southern Territories
TG: Togo
TH: Thailand
TJ: Tajikistan
TK: Tokelau
TL: East Timor, Timor-Leste
TM: Turkmenistan
TN: Tunisia, Tunisie
TO: Tonga
TR: Turkey, Türkiye
TT: Trinidad and Tobago, Trinidad, Tobago
TV: Tuvalu
TW: Taiwan
TZ: Tanzania, Zanzibar
UA: Ukraine
UG: Uganda
UM: United States Minor Outlying Islands
US: United States, United States of America, USA, US
UY: Uruguay
UZ: Uzbekistan
VA: Vatican, Vatican City
VC: Saint Vincent and the Grenadines, St Vincent, Grenadines
VE: Venezuela
VG: British Virgin Islands, BVI
VI: US Virgin Islands, Virgin Islands, USVI
VN: Vietnam, Viet Nam
VU: Vanuatu
WF: Wallis and Futuna
WS: Samoa
XK: Kosovo
YE: Yemen
YT: Mayotte
ZA: South Africa
ZM: Zambia
ZW: Zimbabwe
"""

COUNTRIES = {
    line[:2]: tuple(line[4:].split(", ")) for line in _TABLE.strip().splitlines()
}
