"""What the job `train_recommender` did last, where it ran."""

from prometheus_client import Counter, Gauge

recommender_trainings_total = Counter(
    "endcap_recommender_trainings_total",
    "Trainings of the recommender, by outcome: published, or why the old one serves on.",
    ["outcome"],
)
recommender_training_seconds = Gauge(
    "endcap_recommender_training_seconds", "How long the last training took."
)
recommender_trained_on = Gauge(
    "endcap_recommender_trained_on",
    "What the last published recommender was trained on: users, products, interactions.",
    ["what"],
)
