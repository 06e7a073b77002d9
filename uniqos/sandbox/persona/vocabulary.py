"""The words for topics and emotions, in English and Spanish. The lists are the sandbox's own."""

from __future__ import annotations

# By topic: its Spanish name, and the words by which it is recognised.
TOPICS: dict[str, tuple[str, str]] = {
    "work": ("trabajo", "work job boss office career colleague colleagues project meeting interview trabajo jefe jefa"),
    "family": ("familia", "family mother father mum mom dad parents sister brother son daughter madre padre familia"),
    "friendship": ("amistad", "friend friends friendship party amigo amiga amigos amigas"),
    "love": ("amor", "partner wife husband girlfriend boyfriend wedding marriage divorce novio novia boda pareja"),
    "health": ("salud", "health doctor hospital sleep illness pain therapy diet salud médico dolor sueño"),
    "money": ("dinero", "money rent salary debt debts loan savings bills dinero alquiler sueldo deuda"),
    "home": ("hogar", "home house apartment flat landlord garden neighbour neighbor kitchen casa piso casero jardín"),
    "study": ("estudios", "exam exams school university study studies teacher thesis course examen escuela clase"),
    "pets": ("mascotas", "dog cat puppy kitten horse pet pets perro gato"),
    "leisure": ("ocio", "music book books film movie guitar game hiking travel holiday football música viaje libro"),
    "other": ("otros", ""),
}
TOPIC_OF: dict[str, str] = {word: name for name, (_, words) in TOPICS.items() for word in words.split()}
EMOTION_LABELS: dict[str, str] = {
    "joy": "alegría",
    "gratitude": "gratitud",
    "sadness": "tristeza",
    "anger": "enfado",
    "fear": "miedo",
    "surprise": "sorpresa",
    "curiosity": "curiosidad",
    "neutral": "neutro",
}
