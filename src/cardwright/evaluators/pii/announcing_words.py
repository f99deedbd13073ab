"""Words that announce a name, an address, a date of birth or an organisation, in nine languages: one table, written by ourselves.

No list of names of people is part of it: a word list of those would find the common names of some countries and no others.
"""

from __future__ import annotations

TITLES = (
    "Mr Mrs Ms Miss Mx Dr Prof Professor Sir Lady Rev Herr Herrn Frau Fräulein Mme Mlle Madame Monsieur Mademoiselle Maître Me "
    "Señor Señora Señorita Sr Sra Srta Doña Signor Signora Signorina Sig Dott Dottoressa Ing Avv Dhr Mevr Mevrouw Meneer heer mevrouw Senhor "
    "Senhora Dona Pan Pani Pana Panią Fru Hr"
).split()
"""Titles before a name."""

GREETINGS = (
    "Dear", "Hello", "Hi", "Hey", "Good morning", "Good afternoon", "Good evening", "Liebe", "Lieber", "Hallo", "Guten Tag",
    "Sehr geehrte", "Sehr geehrter", "Cher", "Chère", "Bonjour", "Bonsoir", "Estimado", "Estimada", "Querido", "Querida", "Hola",
    "Gentile", "Caro", "Cara", "Ciao", "Buongiorno", "Egregio", "Beste", "Geachte", "Prezado", "Prezada", "Olá", "Drogi", "Droga",
    "Szanowny", "Szanowna", "Kära", "Hej", "Kære",
)  # fmt: skip
"""What a letter begins with."""

NOT_NAMES = frozenset((
    "sir sirs madam madame customer customers client clients all team colleague colleagues friend friends world there everyone "
    "everybody folks support accounts sales hiring human head service manager editor reader readers members member parents students guest guests user users candidate "
    "applicant applicants neighbour neighbours neighbor partner partners doctor professor santa god lord diary damen herren herr frau "
    "kunde kundin kunden kundinnen kollege kollegin kollegen kolleginnen freunde mitarbeiter mitarbeiterin alle zusammen leser "
    "monsieur mesdames messieurs madame client cliente clients collègue collègues tous toutes amis señores señor señora cliente "
    "clientes equipo todos todas amigos signori signore signora cliente clienti tutti colleghi colleghe heer mevrouw klant klanten "
    "collega collegas allemaal iedereen senhor senhora senhores equipa państwo pan pani not the this that a an no i we you he she it "
    "they my your our is was and or if to from please thank thanks subject re monday tuesday wednesday thursday friday saturday "
    "sunday january february march april may june july august september october november december none unknown null true false yes"
).split())  # fmt: skip
"""Words in capitals that follow the same words, and are not names."""

INTRODUCTIONS = (
    "my name is", "my name's", "my full name is", "her name is", "his name is", "their name is", "the name is", "name's", "i am called",
    "i go by", "mein name ist", "ich heiße", "ich heisse", "er heißt", "sie heißt", "je m'appelle", "je m’appelle", "mon nom est",
    "me llamo", "mi nombre es", "se llama", "mi chiamo", "il mio nome è", "si chiama", "ik heet", "mijn naam is", "meu nome é",
    "chamo-me", "me chamo", "nazywam się", "mam na imię", "jag heter", "mitt namn är", "jeg hedder", "mit navn er", "jeg heter",
)  # fmt: skip
"""What introduces somebody."""
IN_INTRODUCTIONS = ("name", "called", "go by", "heiß", "heiss", "appelle", "nom", "llam", "chiama", "chiamo", "heet", "naam", "nome", "chamo",
                    "nazywam", "imię", "heter", "namn", "navn", "hedder")  # fmt: skip
"""Each of them contains one of these."""

NAME_LABELS = (
    "full name", "first name", "last name", "middle name", "given name", "family name", "surname", "forename", "maiden name",
    "customer name", "client name", "patient name", "employee name", "contact name", "account holder", "cardholder", "card holder",
    "beneficiary", "signed by", "signature", "attn", "attention", "patient", "applicant", "borrower", "tenant", "insured", "vorname",
    "nachname", "familienname", "patientin", "kontoinhaber", "karteninhaber", "ansprechpartner", "nom complet", "prénom",
    "nom de famille", "titulaire", "nombre completo", "apellido", "apellidos", "titular", "nome completo", "cognome", "intestatario",
    "achternaam", "voornaam", "rekeninghouder", "sobrenome", "apelido", "imię", "nazwisko", "imię i nazwisko", "förnamn",
    "efternamn", "fornavn", "etternavn",
)  # fmt: skip
"""Labels of a field that holds a name; one word may follow."""
SHORT_LABELS = (
    "name",
    "nom",
    "nombre",
    "nome",
    "naam",
    "navn",
    "namn",
    "contact",
    "customer",
    "client",
    "kunde",
    "from",
    "to",
    "cc",
)
"""Labels of a field that may hold something else: two words must follow."""

CLOSINGS = (
    "regards", "best regards", "kind regards", "warm regards", "best wishes", "many thanks", "thanks", "thank you", "cheers", "best",
    "sincerely", "sincerely yours", "yours sincerely", "yours faithfully", "yours truly", "respectfully", "mit freundlichen grüßen",
    "mit freundlichem gruß", "freundliche grüße", "viele grüße", "liebe grüße", "beste grüße", "herzliche grüße", "mfg", "lg",
    "cordialement", "bien à vous", "bien cordialement", "salutations distinguées", "atentamente", "saludos", "un saludo",
    "saludos cordiales", "cordiali saluti", "distinti saluti", "cordialmente", "met vriendelijke groet", "met vriendelijke groeten",
    "groeten", "atenciosamente", "cumprimentos", "com os melhores cumprimentos", "abraço", "pozdrawiam", "z poważaniem",
    "med vänliga hälsningar", "med venlig hilsen", "vennlig hilsen",
)  # fmt: skip
"""What stands above a signature."""

STREETS_AFTER = (
    "Street St Road Rd Avenue Ave Lane Ln Drive Dr Court Ct Boulevard Blvd Way Place Pl Square Sq Terrace Crescent Close Circle Cir "
    "Parkway Pkwy Highway Hwy Trail Row Mews Gardens Grove Hill Walk Alley Loop Turnpike Plaza Green Rise Quay Wharf"
).split()
"""Kinds of streets that stand last, after a number."""
STREET_ENDINGS = (
    "straße strasse str. gasse weg allee platz ufer damm ring chaussee steig laan straat plein gracht kade dijk gatan vägen gade vej "
    "veien gata"
).split()
"""Ends of a street's name, before a number."""
STREETS_BEFORE_FR = "rue avenue boulevard place impasse allée chemin quai route cours square passage faubourg".split()
"""After a number, before the name."""
STREETS_BEFORE = (
    "Calle C/ Avenida Avda. Av. Paseo Plaza Carrera Camino Ronda Rua Travessa Praça Alameda Via Viale Piazza Corso Vicolo Largo ul. "
    "ulica al. aleja"
).split()
"""Before the name, with the number last."""
BOXES = ("P.O. Box", "PO Box", "P. O. Box", "Postfach", "Apartado", "Apartado de correos", "Casella postale", "Postbus", "Caixa postal")  # fmt: skip

BIRTH = (
    "born", "born on", "date of birth", "birth date", "birthdate", "birthday", "dob", "d.o.b.", "geboren", "geboren am", "geb.",
    "geburtsdatum", "né le", "née le", "date de naissance", "nacido el", "nacida el", "nació el", "fecha de nacimiento", "nato il",
    "nata il", "data di nascita", "geboren op", "geboortedatum", "nascido em", "nascida em", "data de nascimento", "urodzony",
    "urodzona", "data urodzenia", "född", "født", "fødselsdato", "födelsedatum",
)  # fmt: skip
MONTHS = (
    "January February March April May June July August September October November December Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct "
    "Nov Dec Januar Februar März Mai Juni Juli Oktober Dezember janvier février mars avril mai juin juillet août septembre octobre "
    "novembre décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio "
    "aprile maggio giugno luglio settembre ottobre dicembre januari februari maart mei augustus janeiro fevereiro março maio junho "
    "julho setembro outubro dezembro stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"
).split()

LEGAL_FORMS = (
    "GmbH & Co. KG", "GmbH", "gGmbH", "AG", "KG", "OHG", "e.V.", "SE", "Ltd", "Ltd.", "Limited", "PLC", "plc", "LLP", "LLC", "L.L.C.",
    "Inc", "Inc.", "Incorporated", "Corp", "Corp.", "Corporation", "S.A.", "S.A.S.", "SAS", "SARL", "S.L.", "S.L.U.", "S.p.A.",
    "S.r.l.", "B.V.", "N.V.", "A/S", "ApS", "Oy", "Oyj", "ASA", "Sp. z o.o.", "Pty Ltd", "Lda", "Lda.", "d.o.o.", "Kft.", "SA", "BV",
    "NV", "AB",
)  # fmt: skip
"""Legal forms that stand after an organisation's name."""
